import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** Any of our actions, at any ref or in this repository. */
const OURS = /^(?:OWNER\/openrouter-workspace(?:\/\w+)?@.+|\.\/(?:\w+\/?)?)$/;

const IS_NULL =
  'is a null without quotes, which GitHub passes on as an empty input: write "null" to clear the field, or leave the input out';

/**
 * The inputs of our actions in a workflow whose value is a YAML null: `null`, `~`, or nothing. Each as
 * `line:column: message`. GitHub passes an empty input for it, and the step succeeds without effect.
 */
export function findNullInputs(text: string): string[] {
  const lines = new LineCounter();
  const findings: string[] = [];
  visit(parseDocument(text, { lineCounter: lines }), {
    Map(_key, step) {
      const [uses, inputs] = [step.get('uses'), step.get('with')];
      if (typeof uses !== 'string' || !OURS.test(uses) || !isMap(inputs)) return;
      for (const { key, value } of inputs.items) {
        if (!isScalar(key) || (isScalar(value) ? value.value : value) !== null) continue;
        const { line, col } = lines.linePos(key.range?.[0] ?? 0);
        findings.push(`${line}:${col}: ${key.value} ${IS_NULL}`);
      }
    },
  });
  return findings;
}
