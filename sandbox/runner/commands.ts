/** A workflow command in a log: `::name key=value::data`. */
export interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

/** The commands of GitHub's runner. Any other line that looks like a command is only a line. */
export const COMMANDS: readonly string[] = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
];

type Escapes = readonly (readonly [code: string, character: string])[];

const DATA_ESCAPES: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
];
const PROPERTY_ESCAPES: Escapes = [['%3A', ':'], ['%2C', ','], ...DATA_ESCAPES];
const OLD_ESCAPES: Escapes = [['%3B', ';'], ['%5D', ']'], ...DATA_ESCAPES];

/** The whitespace that .NET trims: JavaScript's without the byte order mark, and U+0085. */
const WHITESPACE = /^(?:(?!\ufeff)[\s\u0085])+/;

/**
 * The command in a line of a log, as GitHub's runner finds it (`ActionCommand.cs` of
 * actions/runner): `::name key=value::data` at the start of the line after whitespace, else the
 * first `##[name key=value]data` anywhere in it. The name is one of `known`, in any case.
 */
export function parseCommand(line: string, known = COMMANDS): Command | undefined {
  const [, head, data = ''] = /^::(.*?)::(.*)$/s.exec(line.replace(WHITESPACE, '')) ?? [];
  const [name = '', properties = ''] = splitHead(head);
  if (known.includes(name)) {
    const pairs = properties.trim().split(',');
    return {
      name,
      properties: parseProperties(pairs, PROPERTY_ESCAPES),
      data: unescaped(data, DATA_ESCAPES),
    };
  }
  const [, oldHead, oldData = ''] = /##\[([^\]]*)\](.*)$/s.exec(line) ?? [];
  const [oldName = '', oldProperties = ''] = splitHead(oldHead);
  if (!known.includes(oldName)) return undefined;
  return {
    name: oldName,
    properties: parseProperties(oldProperties.split(';'), OLD_ESCAPES),
    data: unescaped(oldData, OLD_ESCAPES),
  };
}

/** The name of a command and its properties, which are separated by the first space. */
function splitHead(head = ''): [name: string, properties: string] {
  const [name = ''] = head.split(' ', 1);
  return [name.toLowerCase(), head.slice(name.length + 1)];
}

/** The properties that have a name and a value. */
function parseProperties(pairs: readonly string[], escapes: Escapes): Record<string, string> {
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(pair) ?? [];
      return key === undefined || value === undefined ? [] : [[key, unescaped(value, escapes)]];
    }),
  );
}

function unescaped(text: string, escapes: Escapes): string {
  return escapes.reduce((all, [code, character]) => all.replaceAll(code, character), text);
}
