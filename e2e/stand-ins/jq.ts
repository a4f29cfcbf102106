/**
 * What a filter of jq selects from `value`, as `--jq` prints it. Knows no more of jq than
 * `.a.b`, and lists as `.[] | select(.a == "b" and .c == env.D) | "\(.e) \(.f)"`.
 */
export function selectJson(
  value: unknown,
  filter: string,
  env: Readonly<Record<string, string | undefined>>,
): unknown[] {
  const [each, condition, output] = filter.split(' | ');
  if (condition === undefined || output === undefined) return [evaluate(filter, value, env)];
  const [, test] = /^select\((.*)\)$/.exec(condition) ?? [];
  if (each !== '.[]' || test === undefined || !Array.isArray(value)) {
    throw new Error(`The stand-in for jq does not know ${filter}`);
  }
  return value
    .filter((item) => test.split(' and ').every((part) => isEqual(part, item, env)))
    .map((item) =>
      output.startsWith('"')
        ? output.slice(1, -1).replace(/\\\(([^)]*)\)/g, (_, path) => `${evaluate(path, item, env)}`)
        : evaluate(output, item, env),
    );
}

type Env = Parameters<typeof selectJson>[2];

function isEqual(comparison: string, item: unknown, env: Env): boolean {
  const [left = '', right = ''] = comparison.split(' == ');
  return evaluate(left, item, env) === evaluate(right, item, env);
}

/** The value of `.a.b`, of `env.NAME` or of a text in quotes. */
function evaluate(expression: string, item: unknown, env: Env): unknown {
  if (/^"[^"\\]*"$/.test(expression)) return JSON.parse(expression);
  if (/^env\.\w+$/.test(expression)) return env[expression.slice(4)];
  if (!/^(\.\w+)+$/.test(expression)) {
    throw new Error(`The stand-in for jq does not know ${expression}`);
  }
  return expression
    .slice(1)
    .split('.')
    .reduce((value, name) => (value as Record<string, unknown>)?.[name], item);
}
