import { readFileSync } from 'node:fs';
import { marked, type Token, type Tokens } from 'marked';
import { parse } from 'yaml';

export interface Example {
  /** The line of the document in which the example begins. */
  line: number;
  /** YAML: a workflow, or a list of steps. */
  text: string;
}

/** The YAML examples in a document. */
export function readExamples(file: string): Example[] {
  const document = readFileSync(file, 'utf8');
  return marked
    .lexer(document)
    .filter((token): token is Tokens.Code => token.type === 'code' && token['lang'] === 'yaml')
    .map(({ raw, text }) => ({
      line: document.slice(0, document.indexOf(raw)).split('\n').length,
      text,
    }));
}

/**
 * The text of the example in a document that is the workflow `name`; without a name, the first that has none.
 * @throws {Error} when there is none.
 */
export function readWorkflow(file: string, name?: string): string {
  const found = readExamples(file).find(({ text }) => parse(text).name === name);
  if (!found) throw new Error(`${file} has no workflow ${name}`);
  return found.text;
}

/**
 * The cells of the table in a document whose first column has the heading `heading`, row by row. A
 * space that does not break is one like any other.
 * @throws {Error} when there is none.
 */
export function readTable(file: string, heading: string): string[][] {
  const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
  const tables = marked.lexer(readFileSync(file, 'utf8')).filter(isTable);
  const found = tables.find(({ header }) => header[0]?.text === heading);
  if (!found) throw new Error(`${file} has no table about ${heading}`);
  return found.rows.map((cells) => cells.map(({ text }) => text.replaceAll('&nbsp;', ' ')));
}
