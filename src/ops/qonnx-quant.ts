// https://github.com/fastmachinelearning/qonnx/blob/main/docs/qonnx-custom-ops/quant_op.md
// Opsets: none; this is QONNX's own domain.

import brevitas from './brevitas-quant.ts';
import type { OpFamily } from './definition.ts';

export default { ...brevitas, domain: 'qonnx.custom_op.general' } satisfies OpFamily;
