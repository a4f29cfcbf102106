import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  dashboardUrl,
  type Workspace,
} from '../openrouter/workspaces.ts';
import type { Result } from './report.ts';
import type { Cell } from './summary.ts';

/** The outputs and the summary of a step that has created `workspace` as `asked`. */
export function created(workspace: Workspace, asked: CreateWorkspaceRequest): Result {
  const { id, slug, name } = workspace;
  const url = dashboardUrl(slug);
  const fields = Object.keys(createWorkspaceRequest.shape).filter(
    (field) => workspace[field] !== undefined,
  );
  return {
    outputs: { id, slug, name, url, created: 'true', workspace: JSON.stringify(workspace) },
    summary: {
      title: `✅ Created the OpenRouter workspace ${name}`,
      url,
      table: {
        header: ['Field', 'Value', 'Set by'],
        rows: [
          row('id', id, 'OpenRouter'),
          ...fields.map((field) =>
            row(field, workspace[field], field in asked ? 'this step' : 'OpenRouter'),
          ),
        ],
      },
    },
  };
}

function row(field: string, value: unknown, setBy: string): Cell[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [{ code: field }, { code: text }, setBy];
}
