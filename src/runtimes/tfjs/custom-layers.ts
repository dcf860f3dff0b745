// Registers the layers that tfjs-layers lacks (or has only in part) as small classes over one table of formulas each.

import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { convolutions } from './formulas/convolutions.ts';
import { dot } from './formulas/dot.ts';
import { elementwise } from './formulas/elementwise.ts';
import { normalization } from './formulas/normalization.ts';
import { pooling } from './formulas/pooling.ts';
import { spatial } from './formulas/spatial.ts';
import type { Tfjs } from './library.ts';
import { takeZeros } from './weight-budget.ts';

/** A layer as formulas. Shapes include the batch axis; null is an axis of any length. */
export type Formula = {
  outputShape(inputs: readonly Shape[], config: Config): Shape;
  /** Weights by name, in Keras' order. */
  weights?(input: Shape, config: Config): Readonly<Record<string, readonly number[]>>;
  /** Weights that training does not touch: in the files of nested models they come after all others. */
  readonly fixed?: readonly string[];
  compute(core: typeof Core, inputs: readonly Core.Tensor[], config: Config, weights: Weights): Core.Tensor;
};

export type Shape = readonly (number | null)[];
/** The layer's config with the keys in camel case, as tfjs hands it over. */
export type Config = Readonly<Record<string, unknown>>;
export type Weights = Readonly<Record<string, Core.Tensor>>;

const formulas: Readonly<Record<string, Formula>> = {
  ...convolutions,
  ...dot,
  ...elementwise,
  ...normalization,
  ...pooling,
  ...spatial,
};

export function registerLayers({ core, layers }: Pick<Tfjs, 'core' | 'layers'>): void {
  for (const [className, formula] of Object.entries(formulas)) {
    core.serialization.registerClass(layerClass(core, layers, className, formula));
  }
}

type LayerConfig = ConstructorParameters<typeof Layers.layers.Layer>[0];
type Given = Core.Tensor | Core.Tensor[];
type GivenShape = (number | null)[] | (number | null)[][];

function layerClass(core: typeof Core, layers: typeof Layers, className: string, formula: Formula) {
  return class extends layers.layers.Layer {
    static readonly className = className;
    readonly config: Config;
    /** Applied to the result when the config asks for one. */
    readonly activation: Layers.layers.Layer | undefined;
    readonly variables: Record<string, Layers.LayerVariable> = {};

    constructor(config: LayerConfig) {
      super(config);
      this.config = config as unknown as Config;
      this.supportsMasking = true;
      const activation = this.config.activation as 'linear' | null | undefined;
      this.activation = activation ? layers.layers.activation({ activation }) : undefined;
    }

    override build(inputShape: GivenShape): void {
      const shapes = listShapes(inputShape);
      const wanted = formula.weights?.(shapes[0] ?? [], this.config) ?? {};
      for (const [name, dims] of Object.entries(wanted)) {
        const isTrained = formula.fixed?.includes(name) !== true;
        const zeros = layers.initializers.zeros();
        zeros.apply = (dims) => takeZeros(core, dims as number[]);
        this.variables[name] = this.addWeight(name, [...dims], 'float32', zeros, undefined, isTrained);
      }
      super.build(inputShape);
    }

    override computeOutputShape(inputShape: GivenShape): (number | null)[] {
      return [...formula.outputShape(listShapes(inputShape), this.config)];
    }

    override call(inputs: Given): Core.Tensor {
      return core.tidy(() => {
        const weights = Object.entries(this.variables).map(([name, variable]) => [name, variable.read()]);
        const list = Array.isArray(inputs) ? inputs : [inputs];
        const result = formula.compute(core, list, this.config, Object.fromEntries(weights));
        return this.activation ? (this.activation.call(result, {}) as Core.Tensor) : result;
      });
    }

    override getConfig(): Core.serialization.ConfigDict {
      return { ...super.getConfig(), ...(this.config as Core.serialization.ConfigDict) };
    }
  };
}

function listShapes(shape: GivenShape): Shape[] {
  return Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape];
}
