import type { LiveKey, LiveWorkspace, Scene } from './scene.ts';

export type KeyState = 'active' | 'disabled' | 'expired';

/** Keys in each state. */
export interface KeyStates {
  /** A workspace with a key in each state, and those keys. */
  mixed: { workspace: LiveWorkspace; keys: Record<KeyState, LiveKey> };
  /** Workspaces with one key, by the state of that. */
  single: Record<KeyState, LiveWorkspace>;
}

/** How long the keys live that are to expire. The requests that create them have to arrive in this time. */
const LIFETIME_MS = 2_000;
/** `Date` has whole seconds. */
const DATE_PRECISION_MS = 1_000;

/** Creates the keys when a probe first requires them, and waits for those that are to expire. */
export function keyStates(scene: Scene): Promise<KeyStates> {
  return scene.shared('key states', async () => {
    const workspace = await scene.createWorkspace();
    const single = {
      active: await scene.createWorkspace(),
      disabled: await scene.createWorkspace(),
      expired: await scene.createWorkspace(),
    };
    const active = await scene.createKey(workspace);
    await scene.createKey(single.active);
    const disabled = await createDisabled(scene, workspace);
    await createDisabled(scene, single.disabled);
    const expires_at = new Date(scene.serverTime() + LIFETIME_MS).toISOString();
    const expired = await scene.createKey(workspace, { expires_at });
    await scene.createKey(single.expired, { expires_at });
    await scene.wait(LIFETIME_MS + DATE_PRECISION_MS);
    return { mixed: { workspace, keys: { active, disabled, expired } }, single };
  });
}

async function createDisabled(scene: Scene, workspace: LiveWorkspace): Promise<LiveKey> {
  const key = await scene.createKey(workspace);
  await scene.send('PATCH', `/keys/${key.hash}`, { body: { disabled: true } });
  return key;
}
