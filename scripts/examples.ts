import { readFileSync } from 'node:fs';
import { marked, type Tokens } from 'marked';

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
