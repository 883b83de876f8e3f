// The signatures of every entry point of every published package, as API Extractor reports them, compared with the report
// checked in beside the package (api/index.api.md), so that nothing that users see changes by accident.
//
// API Extractor reads declarations. One run of the compiler without type checks writes those of all packages into a
// temporary folder; dist is not used, so that nothing has to be built before. Packages are found under their names there,
// as a user's project finds them.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { entryPoints } from '../entry-points.mjs'
import { isPublished, sourcesOf } from '../workspace.mjs'

/** @typedef {import('../workspace.mjs').Package} Package */

/**
 * @typedef {object} Report
 * @property {Package} pkg
 * @property {string} path relative to the root
 * @property {string} text
 */

/** @type {ts.CompilerOptions} */
const language = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ['node'],
}

/**
 * Writes the declarations of packages, and package.json files that lead to them.
 * @param {string} root
 * @param {readonly Package[]} packages
 * @param {string} out
 */
function declare(root, packages, out) {
  const program = ts.createProgram(
    packages.flatMap(({ folder, json }) => entryPoints(json).map(({ source }) => join(root, folder, source))),
    {
      ...language,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      customConditions: ['@loop/source'],
      typeRoots: [join(root, 'node_modules/@types')],
      isolatedModules: true,
      verbatimModuleSyntax: true,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: out,
    },
  )
  const { diagnostics } = program.emit()
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, hostFor(root)))
  mkdirSync(join(out, 'node_modules/@loop'), { recursive: true })
  for (const { name, folder, json } of packages) {
    const exports = entryPoints(json).map(({ entry, source }) => [entry, `./${declarationOf(source)}`])
    const manifest = { name: json.name, version: json.version, type: 'module', exports: Object.fromEntries(exports) }
    mkdirSync(join(out, folder), { recursive: true })
    writeFileSync(join(out, folder, 'package.json'), JSON.stringify(manifest))
    symlinkSync(join(out, folder), join(out, 'node_modules/@loop', name), 'junction')
  }
}

const declarationOf = (/** @type {string} */ source) => source.replace(/\.ts$/, '.d.ts')

/** @param {string} root @returns {ts.FormatDiagnosticsHost} */
const hostFor = (root) => ({
  getCurrentDirectory: () => root,
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
})

/** "./testing" → "testing.api.md" */
const reportName = (/** @type {string} */ entry) =>
  `${entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-')}.api.md`

/**
 * What API Extractor is asked for one entry point: the report alone. Its advice on comments and on types that a signature
 * names without exporting them is not taken: the report shows those types.
 * @param {string} root
 * @param {string} project the package in the temporary folder
 * @param {import('../entry-points.mjs').EntryPoint} entryPoint
 * @returns {import('@microsoft/api-extractor').IExtractorConfigPrepareOptions}
 */
function configurationOf(root, project, { entry, source }) {
  const silent = { default: { logLevel: /** @type {any} */ ('none') } }
  return {
    packageJsonFullPath: join(project, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: project,
      mainEntryPointFilePath: join(project, declarationOf(source)),
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFolder: join(project, 'reports'),
        reportTempFolder: join(project, 'temp'),
        reportFileName: reportName(entry),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            ...language,
            target: 'ES2022',
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            lib: ['ES2023', 'ESNext.Disposable'],
            typeRoots: [join(root, 'node_modules/@types')],
            noEmit: true,
          },
        },
      },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  }
}

/**
 * The reports as they should be. They are kept until a source changes.
 * @param {string} root
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {Promise<Report[]>}
 */
export async function apiReports(root, { files, packages }) {
  const published = packages.filter((pkg) => isPublished(pkg) && entryPoints(pkg.json).length > 0)
  if (published.length === 0) return []
  const hash = createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .update(ts.version)
  for (const pkg of published)
    for (const path of [`${pkg.folder}/package.json`, ...sourcesOf(pkg)]) hash.update(`\0${path}\0${files.get(path)}`)
  const kept = join(root, 'node_modules/.cache/loop-api', `${hash.digest('hex')}.json`)
  if (existsSync(kept)) {
    /** @type {string[]} */
    const texts = JSON.parse(readFileSync(kept, 'utf8'))
    return reportsOf(published).map(({ pkg, path }, i) => ({ pkg, path, text: texts[i] ?? '' }))
  }
  const reports = await extract(root, published)
  rmSync(dirname(kept), { recursive: true, force: true })
  mkdirSync(dirname(kept), { recursive: true })
  writeFileSync(kept, JSON.stringify(reports.map(({ text }) => text)))
  return reports
}

/** @param {readonly Package[]} packages */
const reportsOf = (packages) =>
  packages.flatMap((pkg) =>
    entryPoints(pkg.json).map((entryPoint) => ({
      pkg,
      entryPoint,
      path: `${pkg.folder}/api/${reportName(entryPoint.entry)}`,
    })),
  )

/**
 * @param {string} root
 * @param {readonly Package[]} published
 * @returns {Promise<Report[]>}
 */
async function extract(root, published) {
  // It takes a second to load: only when there is something to extract.
  const { CompilerState, Extractor, ExtractorConfig } = await import('@microsoft/api-extractor')
  const out = realpathSync(mkdtempSync(join(tmpdir(), 'loop-api-')))
  try {
    declare(root, published, out)
    const all = reportsOf(published).map(({ pkg, entryPoint, path }) => ({
      pkg,
      path,
      config: ExtractorConfig.prepare(configurationOf(root, join(out, pkg.folder), entryPoint)),
    }))
    const [first, ...others] = all.map(({ config }) => config)
    const compilerState = CompilerState.create(/** @type {NonNullable<typeof first>} */ (first), {
      additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
    })
    return all.map(({ pkg, path, config }) => {
      mkdirSync(dirname(config.reportFilePath), { recursive: true })
      Extractor.invoke(config, { compilerState, localBuild: true, messageCallback: (it) => void (it.handled = true) })
      return { pkg, path, text: readFileSync(config.reportFilePath, 'utf8') }
    })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/**
 * @param {string} root
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {Promise<string[]>}
 */
export async function signatures(root, workspace) {
  const { files } = workspace
  const reports = await apiReports(root, workspace)
  const wanted = new Set(reports.map(({ path }) => path))
  return [
    ...reports.flatMap(({ pkg, path, text }) => {
      const before = files.get(path)
      if (before === text) return []
      const what = before === undefined ? 'is missing' : `differs: ${differences(before, text)}`
      return [`${path} ${what} (npm run check -- --update ${pkg.name} if that is meant)`]
    }),
    ...[...files.keys()]
      .filter((path) => /^packages\/[^/]+\/api\/.*\.api\.md$/.test(path) && !wanted.has(path))
      .map((path) => `${path} is of no entry point`),
  ]
}

/** How many lines of a difference are shown. */
const shown = 6

/**
 * The lines that only one of two reports has, as a person looks for them.
 * @param {string} before
 * @param {string} after
 */
export function differences(before, after) {
  const only = (/** @type {string} */ text, /** @type {string} */ other, /** @type {string} */ mark) => {
    const known = new Set(other.split('\n'))
    return text.split('\n').flatMap((line) => (line.trim() === '' || known.has(line) ? [] : [`${mark} ${line.trim()}`]))
  }
  const lines = [...only(before, after, '-'), ...only(after, before, '+')]
  const more = lines.length > shown ? [`${lines.length - shown} more lines`] : []
  return lines.length === 0 ? 'in order' : ['', ...lines.slice(0, shown), ...more].join('\n      ')
}
