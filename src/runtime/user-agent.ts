import manifest from '../../package.json' with { type: 'json' };

/** Who is asking, truthfully: the version is the one that is released. */
export const USER_AGENT = `${manifest.name}/${manifest.version}`;
