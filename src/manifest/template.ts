// The manifest `mlctl init` writes: what the model and the data say, and every optional key as a comment with its
// default and one line why.

export type TemplateFacts = {
  readonly name: string;
  /** Path as it should stand in the manifest. */
  readonly model: string;
  /** Where the model is an architecture without: path of the weights. */
  readonly weights?: string;
  /** Of a file with several, the one these inputs and outputs are of. */
  readonly signature?: string;
  readonly inputs: readonly TemplateValue[];
  readonly outputs: readonly TemplateValue[];
  /** What the user's data adds; the sections that need it are comments without. */
  readonly data?: TemplateData;
  /** Training data for monitor. */
  readonly reference?: string;
};

type TemplateValue = {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly unknown[];
};

export type TemplateData = {
  readonly path: string;
  /** Absent for images: their class is the name of their folder. */
  readonly target?: string;
  /** Columns of the first input, in file order. */
  readonly columns: readonly string[];
  /** Height and width of the images, in place of columns. */
  readonly size?: readonly [number, number];
  /** Class names of the first output in index order; empty for numbers. */
  readonly labels: readonly string[];
};

export function template(facts: TemplateFacts): string {
  const { name, model, data } = facts;
  const input = facts.inputs[0] ?? { name: 'input', dtype: 'float32', shape: ['batch', 4] };
  const output = facts.outputs[0] ?? { name: 'output', dtype: 'float32', shape: ['batch', 3] };
  return `# mlctl.yaml: one model's whole life. Commented keys show their default; flags override everything here.
apiVersion: mlctl/v1
name: ${quoted(name)}
model: ${quoted(model)}
${section(facts.weights !== undefined, [
  `weights: ${quoted(facts.weights ?? 'model.weights.h5')}    # where the model is an architecture saved as JSON`,
])}

# What inputs and outputs mean, shared by evaluate, predict, serve and monitor: no training/serving skew.
${section(data !== undefined || facts.signature !== undefined, ['signature:'])}
${section(facts.signature !== undefined, [
  `  name: ${quoted(facts.signature ?? 'serving_default')}    # which one, of a TFLite file with several`,
])}
${section(data !== undefined, [
  '  inputs:',
  `    ${quoted(input.name)}:    # ${spelled(input)}`,
  data?.size
    ? `      image: { size: [${data.size.join(', ')}] }    # height, width; also channels: bgr, fit: cover, scale, mean, std`
    : `      columns: ${list(data?.columns ?? [])}    # in the order of the last axis`,
])}
#       scale: 1                         # x * scale, then (x - mean) / std: numbers, or one per column
#       mean: 0
#       std: 1
${section((data?.labels.length ?? 0) > 0, [
  '  outputs:',
  `    ${quoted(output.name)}: { labels: ${list(data?.labels ?? [])} }    # class names in index order`,
])}

# One artifact per line; each is compared with the source before it is put in place.
convert:
  - { to: onnx, output: ${quoted(`${name}.onnx`)} }
#   - { to: onnx, output: old.onnx, opset: 13, batch: 1 }                  # for an older runtime, one row at a time
#   - { to: onnx, output: cut.onnx, outputs: [pool], rename: { old: new } }    # a layer as output, other names
#   - { to: onnx, output: nchw.onnx, inputsAsNchw: all, verify: true }         # images channels-first

${section(data !== undefined, [
  'evaluate:',
  `  data: ${quoted(data?.path ?? 'test.csv')}    # CSV, Parquet, JSONL, NPY, NPZ, IDX or a folder of images`,
  ...(data?.size ? [] : [`  target: ${quoted(data?.target ?? 'label')}    # the column to predict`]),
])}
#   task: auto                           # binary, multiclass or regression
#   metrics: []                          # by task when empty
#   batch: 256
#   gates:                               # exit code 1 when one does not hold
#     accuracy: { min: 0.9 }             # or max, or maxDrop/maxRise with against: baseline.json

# serve:
#   host: 127.0.0.1
#   port: 8080                           # 0 picks a free one
#   maxBodyBytes: 67108864
#   timeoutMs: 30000
#   log: { folder: ${quoted(`.mlctl/logs/${name}`)}, maxBytes: 268435456, segmentBytes: 16777216 }

# deploy:
#   target: local
#   host: 127.0.0.1
#   port: 8080
#   keep: 10                             # versions kept for rollback

${section(facts.reference !== undefined, [
  'monitor:',
  `  reference: ${quoted(facts.reference ?? 'train.csv')}    # what the inputs should look like`,
])}
#   drift: { method: auto, minRows: 50 }
#   alerts:                              # exit code 1 when one fires
#     - { when: drift }
#     - { when: errors, above: 0.05 }    # share of requests
`;
}

/** The lines as they are, or as comments. */
function section(isActive: boolean, lines: readonly string[]): string {
  return lines.map((line) => (isActive ? line : `# ${line}`)).join('\n');
}

function spelled({ dtype, shape }: TemplateValue): string {
  return `${dtype}[${shape.map((dim) => dim ?? '?').join(', ')}]`;
}

function list(items: readonly string[]): string {
  return `[${items.map(quoted).join(', ')}]`;
}

/** Plain where YAML reads it back as the same string, quoted otherwise. */
function quoted(text: string): string {
  const isPlain =
    /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|\.+|\.(inf|nan))$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
