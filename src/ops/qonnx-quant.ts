// https://github.com/fastmachinelearning/qonnx/blob/main/docs/qonnx-custom-ops/quant_op.md
// QONNX's own domain, without versions.

import brevitas from './brevitas-quant.ts';
import type { OpFamily } from './definition.ts';

export default { ...brevitas, domain: 'qonnx.custom_op.general' } satisfies OpFamily;
