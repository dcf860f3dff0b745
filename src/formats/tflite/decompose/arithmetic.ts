// Mod, Hardmax, powers, integer division and the like. https://onnx.ai/onnx/operators/onnx__Mod.html

import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast } from '../rewrite/formula.ts';

export default {
  opTypes: ['Hardmax', 'Pow', 'PRelu', 'Trilu', 'EyeLike', 'Mod'],
  rewrite(node, build) {
    const [x = '', y = ''] = node.inputs;
    switch (node.opType) {
      case 'Hardmax': {
        const shape = build.shape(x);
        const axis = build.axis(build.attribute('axis', -1), shape.length);
        const depth = shape[axis];
        if (typeof depth !== 'number') return build.refuse('an axis of unknown length');
        const place = build.add('ArgMax', [x], { axis, keepdims: 0 });
        const values = build.constant({ dtype: 'float32', dims: [2], data: Float32Array.of(0, 1) });
        const hot = build.add('OneHot', [place, build.ints([depth]), values], { axis });
        const { dtype } = build.type(x);
        return [dtype === 'float32' ? hot : build.add('CastLike', [hot, x])];
      }
      case 'Mod': {
        if (build.attribute('fmod', 0) === 0) return undefined;
        // The sign of the first operand.
        const rest = build.add('Mod', [build.add('Abs', [x]), build.add('Abs', [y])]);
        return [build.add('Mul', [build.add('Sign', [x]), rest])];
      }
      case 'Pow': {
        const [base, exponent] = [build.dtype(x), build.dtype(y)];
        if (base !== exponent) {
          if (base === 'float32') return [build.add('Pow', [x, build.add('CastLike', [y, x])])];
          const wide = cast(build, x, 'float32');
          const raised = build.add('Pow', [wide, exponent === 'float32' ? y : cast(build, y, 'float32')]);
          return [build.add('CastLike', [raised, x])];
        }
        const held = build.tensor(1);
        const amount = held?.data.length === 1 ? Number(held.data[0]) : undefined;
        if (base !== 'float32' || amount === undefined) return undefined;
        const isWide = build.shape(y).length <= build.shape(x).length;
        if (amount === 2 && isWide) return [build.add('Mul', [x, x])];
        if (amount === 0.5 && isWide) return [build.add('Sqrt', [x])];
        return undefined;
      }
      case 'PRelu': {
        // TFLite's operator wants one slope per channel of the last axis; anything else is said in three.
        const shape = build.shape(x);
        const slope = build.shape(y);
        const isPlain = build.dtype(x) === 'float32' && slope.length <= shape.length;
        if (isPlain) return undefined;
        const low = build.add('Mul', [x, y]);
        return [build.add('Where', [build.add('Less', [x, build.number(0)]), low, x])];
      }
      case 'Trilu':
        return triangle(build.fixed(x));
      case 'EyeLike': {
        const [rows = 0, columns = 0] = build.fixed(x);
        const k = build.attribute('k', 0);
        const data = new Float32Array(boundedCount(build, [rows, columns]));
        for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) data[i * columns + i + k] = 1;
        const eye = build.floats([rows, columns], data);
        const type = build.type(node.outputs[0] ?? '').dtype;
        return [type === 'float32' ? eye : cast(build, eye, type)];
      }
      default:
        return undefined;
    }

    /** Keeps what lies on one side of a diagonal: a mask of constants, picked by Where. */
    function triangle(dims: readonly number[]): string[] {
      const k = y === '' ? 0 : (build.integers(1)?.[0] ?? Number(build.tensor(1)?.data[0] ?? Number.NaN));
      if (Number.isNaN(k)) return build.refuse('its diagonal is not constant');
      const [rows = 0, columns = 0] = dims.slice(-2);
      const isUpper = build.attribute('upper', 1) === 1;
      const data = new Uint8Array(boundedCount(build, [rows, columns]));
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) data[i * columns + j] = Number(isUpper ? j >= i + k : j <= i + k);
      }
      const mask = build.constant({ dtype: 'bool', dims: [rows, columns], data }, 'mask');
      return [build.add('Where', [mask, x, build.number(0)])];
    }
  },
} satisfies Rewrite;
