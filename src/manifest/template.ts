// The manifest `mlctl init` writes: what the model says, and every optional key as a comment with its default and why.

export type TemplateFacts = {
  readonly name: string;
  /** Path as it should stand in the manifest. */
  readonly model: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly unknown[];
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly unknown[];
  }[];
};

export function template({ name, model, inputs, outputs }: TemplateFacts): string {
  const shownInputs = inputs.length > 0 ? inputs : [{ name: 'input', dtype: 'float32', shape: ['batch', 4] }];
  const shownOutputs =
    outputs.length > 0 ? outputs : [{ name: 'output', dtype: 'float32', shape: ['batch', 3] }];
  return `# mlctl.yaml: one model's whole life. Commented keys show their default; flags override everything here.
apiVersion: mlctl/v1
name: ${quoted(name)}
model: ${quoted(model)}

# What inputs and outputs mean, shared by evaluate, predict, serve and monitor: no training/serving skew.
# signature:
#   inputs:
${shownInputs.map(inputLines).join('\n')}
#   outputs:
${shownOutputs.map(({ name }) => `#     ${quoted(name)}: { labels: [] }             # class names in index order`).join('\n')}

# One artifact per line; each is compared with the source before it is put in place.
# convert:
#   - { to: onnx, output: ${quoted(`${name}.onnx`)}, verify: true }

# evaluate:
#   data: test.csv                       # CSV, Parquet, JSONL, NPY, NPZ or IDX
#   target: label                        # the column to predict
#   task: auto                           # binary, multiclass or regression
#   metrics: []                          # by task when empty
#   batch: 256
#   gates:                               # exit code 1 when one does not hold
#     accuracy: { min: 0.9 }             # or max, or maxDrop/maxRise against: baseline.json

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

# monitor:
#   reference: train.csv                 # what the inputs should look like
#   drift: { method: auto, minRows: 50 }
#   alerts:                              # exit code 1 when one fires
#     - { when: drift }
#     - { when: errors, above: 0.05 }    # share of requests
`;
}

function inputLines({ name, dtype, shape }: TemplateFacts['inputs'][number]): string {
  const about = `${dtype}[${shape.map((dim) => dim ?? '?').join(', ')}]`;
  return `#     ${quoted(name)}: { columns: [] }            # ${about}; columns in order; or scale, mean, std`;
}

/** Plain where YAML reads it back as the same string, quoted otherwise. */
function quoted(text: string): string {
  return /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
