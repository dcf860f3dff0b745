// The gates as a JUnit report, which every CI system shows; the figures are its properties.
// https://github.com/testmoapp/junitxml

import type { EvaluateResult } from '../../lifecycle/evaluate.ts';
import { gateWords } from './evaluate.ts';

export function renderJunit(result: EvaluateResult): string {
  const { gates, metrics } = result;
  const failures = gates.filter(({ passed }) => !passed).length;
  const name = attribute(`mlctl evaluate ${result.model}`);
  const facts = {
    model: result.digest,
    data: result.dataDigest,
    rows: result.rows,
    task: result.task,
    ...metrics,
  };
  const properties = Object.entries(facts).map(
    ([key, value]) => `      <property name="${attribute(key)}" value="${attribute(String(value))}"/>`,
  );
  const cases = gates.map((gate) => {
    const title = attribute(`${gate.metric} ${gate.comparison} ${gate.limit}`);
    const open = `    <testcase name="${title}" classname="${attribute(result.model)}"`;
    if (gate.passed) return `${open}/>`;
    const words = attribute(gateWords(gate));
    return `${open}>\n      <failure message="${words}" type="gate"/>\n    </testcase>`;
  });
  // A suite without cases counts as "nothing ran" in most systems.
  if (cases.length === 0)
    cases.push(`    <testcase name="evaluated" classname="${attribute(result.model)}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="${cases.length}" failures="${failures}" errors="0">
  <testsuite name="${name}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">
    <properties>
${properties.join('\n')}
    </properties>
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

/** XML 1.0 has no control characters, not even escaped. */
function attribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/\s/g, ' ')
    .replace(/[^\u0020-\ud7ff\ue000-\ufffd]/gu, '\ufffd');
}
