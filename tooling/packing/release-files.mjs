// What a release consists of, in one folder: the tarballs, their SHA-256 sums, and the bill of materials (CycloneDX) of what
// an installation of all of them holds. Making them and publishing them are apart: publish.mjs needs nothing but the folder.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { emptyProject, installAll } from './consumer.mjs'
import { pack, publishedPackages } from './packages.mjs'
import { npm } from './tools.mjs'

export const sumsFile = 'SHA256SUMS'
const materialsFile = 'sbom.cdx.json'

/**
 * Makes the files of a release.
 * @param {string} folder
 * @returns {Promise<string[]>} their names
 */
export async function releaseFiles(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  /** @type {string[]} */
  const files = []
  for (const pkg of publishedPackages()) files.push((await pack(pkg, folder)).file)
  writeFileSync(join(folder, materialsFile), await billOfMaterials(files))
  const names = [...files.map((file) => basename(file)), materialsFile]
  writeFileSync(join(folder, sumsFile), names.map((name) => `${sumOf(join(folder, name))}  ${name}\n`).join(''))
  return [...names, sumsFile]
}

/** The SHA-256 sum of a file, in hexadecimal digits. */
export const sumOf = (/** @type {string} */ file) => createHash('sha256').update(readFileSync(file)).digest('hex')

/**
 * What npm installs with these tarballs, as npm tells it.
 * @param {readonly string[]} files
 */
async function billOfMaterials(files) {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'loop-materials-')))
  try {
    emptyProject(project, { name: 'loop' })
    const missing = await installAll([...files], project)
    if (missing !== undefined) throw new Error(missing)
    const bill = JSON.parse(await npm(['sbom', '--prefix', project, '--sbom-format=cyclonedx', '--sbom-type=library']))
    // Where the tarballs lie on this machine is of no use to anybody.
    for (const component of bill.components)
      component.externalReferences = component.externalReferences?.filter(
        (/** @type {{ url: string }} */ { url }) => !url.startsWith('file:'),
      )
    return `${JSON.stringify(bill, null, 2)}\n`
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}
