import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { actionFolders, programsOf, readManifest } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds what the actions run into the folder `to`: one bundle for all programs, because a runner
 * downloads all of them anyway, and a file for each program that starts it.
 */
export async function build(to: string): Promise<void> {
  rmSync(`${root}build`, { recursive: true, force: true });
  run('typescript/bin/tsc', '--project', 'tsconfig.build.json');
  // Without "type": "module", ncc builds CommonJS, which starts faster than a module.
  writeFileSync(`${root}build/src/package.json`, '{}');

  rmSync(to, { recursive: true, force: true });
  run(
    '@vercel/ncc/dist/ncc/cli.js',
    'build',
    'build/src/index.js',
    '--out',
    to,
    '--license',
    'LICENSES.txt',
  );
  writeFileSync(`${to}/index.js`, await withoutDeadCode(readFileSync(`${to}/index.js`, 'utf8')));
  writeFileSync(`${to}/package.json`, '{ "type": "commonjs" }\n');
  const manifests = await Promise.all(
    actionFolders(root).map((folder) => readManifest(root + folder)),
  );
  for (const program of manifests.flatMap(programsOf)) {
    writeFileSync(`${to}/${program}.js`, `require('./index.js')['${program}']();\n`);
  }
}

function run(bin: string, ...args: string[]): void {
  const options = { cwd: root, encoding: 'utf8' } as const;
  execFileSync(process.execPath, [`${root}node_modules/${bin}`, ...args], options);
}

/**
 * The bundle without what nothing calls, which is more than half of it, with about one statement a line: all
 * names stay.
 */
async function withoutDeadCode(bundle: string): Promise<string> {
  const { code = '' } = await minify(bundle, {
    ecma: 2020,
    mangle: false,
    toplevel: true,
    compress: {
      passes: 2,
      // The bundle requires only modules of Node.js, which a test checks. Loading an unused one has no effect. Nor
      // has the summary that @actions/core creates, whether it is used or not.
      pure_funcs: ['require', 'Summary'],
      // Nor has reading a property that nothing uses. That of `fs.promises`, of which only unused parts of
      // @actions/core have a use, makes Node.js load a dozen modules.
      pure_getters: true,
      reduce_funcs: false,
      sequences: false,
      // A comparison has its constant where the source has it.
      lhs_constants: false,
    },
    // Any character beyond ASCII would make Node.js store the whole text with two bytes per character.
    format: { ascii_only: true, comments: false, semicolons: false },
  });
  return `${code}\n`;
}

if (import.meta.main) await build(`${root}dist`);
