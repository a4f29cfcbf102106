import { COMMANDS, type Command, parseCommand } from './commands.ts';

type Level = 'error' | 'warning' | 'notice';

/** An annotation as the page of a run shows it, where the log only has its message. */
export interface Annotation {
  level: Level;
  /** Not masked, unlike the message. */
  title: string | undefined;
  message: string;
}

/** A log as the runner shows it, and what it found in the log. */
export interface Log {
  lines: string[];
  commands: Command[];
  annotations: Annotation[];
  masks: string[];
  outputs: Record<string, string>;
  state: Record<string, string>;
}

/**
 * Reads the lines of a log in order, as GitHub's runner does (`ActionCommandManager.cs` of
 * actions/runner): a mask hides what follows it, and `stop-commands` stops commands until the line
 * with its token.
 */
export function readLog(lines: readonly string[]): Log {
  const log: Log = {
    lines: [],
    commands: [],
    annotations: [],
    masks: [],
    outputs: {},
    state: {},
  };
  /** The token that resumes commands; undefined unless they are stopped. */
  let token: string | undefined;
  for (const line of lines) {
    const command = parseCommand(line, token === undefined ? COMMANDS : [...COMMANDS, token]);
    if (token === undefined && command) log.commands.push(command);
    if (token === undefined && command && command.name !== 'stop-commands') {
      log.lines.push(...applyCommand(command, log));
      continue;
    }
    log.lines.push(mask(line, log.masks));
    if (token === undefined) token = command?.data.toLowerCase();
    else if (command?.name === token) token = undefined;
  }
  return log;
}

/** The lines of a log as they look before a click on a group. */
export function foldGroups(lines: readonly string[]): string[] {
  let isFolded = false;
  return lines.flatMap((line) => {
    const [, title] = /^##\[group\](.*)/.exec(line) ?? [];
    const isInside = isFolded;
    if (title !== undefined || line === '##[endgroup]') isFolded = title !== undefined;
    if (title !== undefined) return [`▸ ${title}`];
    return isInside ? [] : [line];
  });
}

/** The longest message of an annotation; the log also cuts what is longer. */
const MAX_MESSAGE = 4_096;

/** Applies `command` to `log`. Returns the lines that are shown for it. */
function applyCommand(command: Command, log: Log): string[] {
  const { name, properties, data } = command;
  switch (name) {
    case 'add-mask':
      if (data.trim() === '') {
        return [`Warning: Can't add secret mask for empty string in ##[add-mask] command.`];
      }
      log.masks.push(data);
      return [];
    case 'set-output':
      log.outputs[properties['name'] ?? ''] = data;
      return [];
    case 'save-state':
      log.state[properties['name'] ?? ''] = data;
      return [];
    case 'error':
    case 'warning':
    case 'notice':
      return [annotate(command, name, log)];
    case 'group':
      return [`##[group]${mask(data, log.masks)}`];
    case 'endgroup':
      return ['##[endgroup]'];
    default:
      return [];
  }
}

/** The annotations of a level that a step can have; the log also shows the messages of the others. */
const MAX_ANNOTATIONS = 10;

/** Adds an annotation to `log`. Returns the line that is shown for it. */
function annotate({ properties, data }: Command, level: Level, log: Log): string {
  const message = mask(data, log.masks).slice(0, MAX_MESSAGE);
  if (log.annotations.filter((other) => other.level === level).length < MAX_ANNOTATIONS) {
    log.annotations.push({ level, title: properties['title'], message });
  }
  return `${capitalize(level)}: ${message}`;
}

/** `text` without the masks and without each of their lines, the longest of them first. */
export function mask(text: string, masks: readonly string[]): string {
  return masks
    .flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)])
    .filter((secret) => secret !== '')
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
