import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  dashboardUrl,
  type Workspace,
} from '../openrouter/workspaces.ts';
import type { Result } from './report.ts';
import { toCode, toHtml } from './text.ts';

/** The outputs and the summary of a step that has created `workspace` as `asked`. */
export function created(workspace: Workspace, asked: CreateWorkspaceRequest): Result {
  const { id, slug, name } = workspace;
  const url = dashboardUrl(slug);
  return {
    outputs: { id, slug, name, url, created: 'true', workspace: JSON.stringify(workspace) },
    summary: [
      `<h3>✅ Created the OpenRouter workspace <a href="${toHtml(url)}">${toHtml(name)}</a></h3>`,
      '<table>',
      '<tr><th>Field</th><th>Value</th><th>Set by</th></tr>',
      row('id', id, 'OpenRouter'),
      ...Object.keys(createWorkspaceRequest.shape)
        .filter((field) => workspace[field] !== undefined)
        .map((field) => row(field, workspace[field], field in asked ? 'this step' : 'OpenRouter')),
      '</table>',
    ].join('\n'),
  };
}

function row(field: string, value: unknown, setBy: string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `<tr><td>${toCode(field)}</td><td>${toCode(text)}</td><td>${setBy}</td></tr>`;
}
