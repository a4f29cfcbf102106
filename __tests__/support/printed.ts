/** The texts that the programs can print, taken out of their sources by a parser. */
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type AnyNode, type NewExpression, parse } from 'acorn';
import { ROOT } from './harness.ts';
import { calledBy, nameOf, nodesIn } from './syntax.ts';

/** What stands for a part of a text that is not the same each time. */
const GAP = '…';

interface Source {
  path: string;
  nodes: readonly AnyNode[];
}

const SOURCES: readonly Source[] = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => {
  const code = stripTypeScriptTypes(readFileSync(join(ROOT, path), 'utf8'));
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  return { path: path.replaceAll('\\', '/'), nodes: [...nodesIn(program)] };
});

/** Titles of errors, but for those of calls of the API. */
export function titles(): Set<string> {
  return collect((node, source) => [
    ...(isNew(node, 'Failure') ? headOf(node.arguments[0], source) : []),
    // Of what is no Failure.
    ...(source.path === 'src/report/describe-error.ts' ? propertyOf(node, 'title', source) : []),
  ]);
}

/** What a call of the API was for. */
export function doings(): Set<string> {
  return collect((node, source) => propertyOf(node, 'doing', source));
}

/** Titles of warnings, and the last line of those that have the title of an error. */
export function warnings(): Set<string> {
  return collect((node, source) => {
    if (node.type !== 'CallExpression') return [];
    if (calledBy(node) === 'warning') return headOf(node.arguments[0], source);
    return calledBy(node) === 'warnOf' ? textsOf(node.arguments[1], source) : [];
  });
}

/** Tables of reasons, by Node's codes. */
const TABLES = ['PASSING', 'PERMANENT'];

/** Functions that return a reason, or a part of one. */
const TELLERS = ['open', 'throughProxy', 'deleteStale'];

/** Why a call has failed, or a step was ended. */
export function reasons(): Set<string> {
  return collect((node, source) => [
    ...propertyOf(node, 'reason', source),
    ...variableOf(node, 'reason', source),
    ...(isNew(node, 'Error') ? textsOf(node.arguments[0], source) : []),
    ...TABLES.flatMap((name) => entriesOf(node, name, source)),
    ...TELLERS.flatMap((name) => returnedBy(node, name, source)),
    ...shortcomingsOf(node, source),
    ...notesOf(node, source),
  ]);
}

/** What happened after the reason. */
function notesOf(node: AnyNode, source: Source): string[] {
  if (node.type !== 'CallExpression' || calledBy(node) !== 'withNotes') return [];
  return node.arguments.flatMap((argument) => textsOf(argument, source));
}

/** What is wrong with an answer: `it was empty`, behind `the answer was 200, but`. */
function shortcomingsOf(node: AnyNode, source: Source): string[] {
  const isText = node.type === 'Literal' || node.type === 'TemplateLiteral';
  if (!isText || !source.path.startsWith('src/openrouter/')) return [];
  return textsOf(node, source).filter((text) => text.startsWith('it '));
}

/** What an error says to do. */
export function hints(): Set<string> {
  return collect((node, source) => [
    ...propertyOf(node, 'hint', source),
    ...['SERVER_TROUBLE', 'CHECK_NETWORK'].flatMap((name) => variableOf(node, name, source)),
    ...entriesOf(node, 'HINTS', source),
  ]);
}

/** What can be wrong with an input, behind its name. */
export function inputProblems(): Set<string> {
  const ofInputs = /^src\/(inputs\/|openrouter\/resources\/(workspaces|keys)\.ts)/;
  return collect((node, source) => {
    const isText = node.type === 'Literal' || node.type === 'TemplateLiteral';
    if (!isText || !ofInputs.test(source.path)) return [];
    // "must be …" alone takes all of its words from elsewhere.
    return textsOf(node, source).filter((text) =>
      /^(must (?!be( …)?$)|needs |has what |is too )/.test(text),
    );
  });
}

/** All texts in the code, whatever they are for. */
export function allTexts(): Set<string> {
  return collect((node, source) =>
    node.type === 'Literal' || node.type === 'TemplateLiteral' ? textsOf(node, source) : [],
  );
}

/** Figures count as what is not the same each time: a status, a limit. */
export function normal(text: string): string {
  return text.replace(/\d+/g, GAP).replace(/…+/g, GAP);
}

function collect(find: (node: AnyNode, source: Source) => string[]): Set<string> {
  const found = SOURCES.flatMap((source) => source.nodes.flatMap((node) => find(node, source)));
  // What has no words of its own hands on another text.
  return new Set(found.filter((text) => /\p{Ll}{2}/u.test(text)).map(normal));
}

/** Each text that `node` can come to. */
function textsOf(node: AnyNode | null | undefined, source: Source): string[] {
  switch (node?.type) {
    case 'Literal':
      return [String(node.value)];
    case 'TemplateLiteral':
      return node.quasis
        .map(({ value }, at) => {
          const inserted = node.expressions[at];
          return joined([value.cooked ?? ''], inserted ? textsOf(inserted, source) : ['']);
        })
        .reduce(joined);
    case 'ConditionalExpression':
      return [...textsOf(node.consequent, source), ...textsOf(node.alternate, source)];
    case 'BinaryExpression':
      return joined(textsOf(node.left, source), textsOf(node.right, source));
    case 'Identifier':
      return constantOf(node.name, source);
    default:
      return [GAP];
  }
}

function joined(beginnings: string[], ends: string[]): string[] {
  return beginnings.flatMap((beginning) => ends.map((end) => beginning + end));
}

/** The texts of what a file has in capitals: all else differs. */
function constantOf(name: string, source: Source): string[] {
  if (!/^[A-Z_]+$/.test(name)) return [GAP];
  const texts = source.nodes.flatMap((node) => variableOf(node, name, source));
  return texts.length > 0 ? texts : [GAP];
}

/** The texts of a first argument, also where a function makes all of them: `...unclear(…)`. */
function headOf(argument: AnyNode | undefined, source: Source): string[] {
  if (argument?.type !== 'SpreadElement') return textsOf(argument, source);
  const { argument: list } = argument;
  const call = list.type === 'Identifier' ? initialOf(list.name, source) : list;
  const name = call?.type === 'CallExpression' ? calledBy(call) : undefined;
  const heads = SOURCES.flatMap((other) =>
    other.nodes
      .flatMap((node) => returnsOf(node, name))
      .flatMap((made) => (made.type === 'ArrayExpression' ? textsOf(made.elements[0], other) : [])),
  );
  if (heads.length === 0) throw new Error(`what ${source.path} spreads cannot be found`);
  return heads;
}

function initialOf(name: string, { nodes }: Source): AnyNode | undefined {
  return nodes.map((node) => initOf(node, name)).find((init) => init !== undefined);
}

function initOf(node: AnyNode, name: string): AnyNode | undefined {
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier') return undefined;
  return node.id.name === name ? (node.init ?? undefined) : undefined;
}

function variableOf(node: AnyNode, name: string, source: Source): string[] {
  const init = initOf(node, name);
  return init ? textsOf(init, source) : [];
}

/** The texts in the table that the variable `name` is. */
function entriesOf(node: AnyNode, name: string, source: Source): string[] {
  const init = initOf(node, name);
  if (init?.type !== 'ObjectExpression') return [];
  return init.properties.flatMap((entry) =>
    entry.type === 'Property' ? textsOf(entry.value, source) : [],
  );
}

function propertyOf(node: AnyNode, name: string, source: Source): string[] {
  return node.type === 'Property' && nameOf(node.key) === name ? textsOf(node.value, source) : [];
}

function returnedBy(node: AnyNode, name: string, source: Source): string[] {
  return returnsOf(node, name).flatMap((value) => textsOf(value, source));
}

/** What the function or method `name` returns. */
function returnsOf(node: AnyNode, name: string | undefined): AnyNode[] {
  const isIt =
    node.type === 'FunctionDeclaration'
      ? node.id?.name === name
      : node.type === 'Property' && node.method && nameOf(node.key) === name;
  if (!isIt) return [];
  return [...nodesIn(node)].flatMap((inner) =>
    inner.type === 'ReturnStatement' && inner.argument ? [inner.argument] : [],
  );
}

function isNew(node: AnyNode, name: string): node is NewExpression {
  return node.type === 'NewExpression' && nameOf(node.callee) === name;
}
