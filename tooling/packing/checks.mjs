// The checks in their order, each over all packages.

import { join } from 'node:path'
import { binaryOf } from '../runtimes/fetch.mjs'
import { importProblems, install, writePrograms } from './consumer.mjs'
import { problemsOf } from './contents.mjs'
import { examples } from './examples.mjs'
import { installers, installWith } from './installers.mjs'
import { publintProblems, typesFit } from './lint.mjs'
import { pack, publishedPackages, runsOn } from './packages.mjs'
import { Results, each } from './results.mjs'
import { runExample } from './run-example.mjs'
import { kilobytes, sizes } from './sizes.mjs'
import { compilers, testedRuntimes } from './tools.mjs'
import { compile, resolutions } from './types.mjs'

/** @typedef {import('./packages.mjs').Package} Package */
/** @typedef {import('./packages.mjs').Tarball} Tarball */

const short = (/** @type {string} */ name) => name.replace('@loop/', '')

export class Checks {
  results = new Results()
  /** Lines for the reader that are neither problems nor skipped checks. @type {string[]} */
  notes = []
  /** @type {Map<string, Tarball>} */
  #tarballs = new Map()
  /** Packages that could be installed. @type {Package[]} */
  #installed = []
  #folder
  #all = publishedPackages()
  #packages

  /**
   * @param {string} folder an empty one outside the workspace
   * @param {readonly string[]} only short names of packages; empty means all
   */
  constructor(folder, only) {
    this.#folder = folder
    const unknown = only.filter((name) => !this.#all.some((pkg) => short(pkg.name) === name))
    if (unknown.length > 0) throw new Error(`no published package is called ${unknown.join(', ')}`)
    this.#packages = this.#all.filter(({ name }) => only.length === 0 || only.includes(short(name)))
  }

  /** @returns {[name: string, work: () => Promise<string>][]} */
  stages() {
    const counted = (/** @type {() => Promise<unknown>} */ work) => async () => {
      const {
        passed,
        problems: { length },
      } = this.results
      await work.call(this)
      const failed = this.results.problems.length - length
      return `${this.results.passed - passed} passed${failed === 0 ? '' : `, ${failed} failed`}`
    }
    return [
      ['pack', counted(this.#pack)],
      ['publint', counted(this.#lint)],
      ['install', counted(this.#install)],
      ['import', counted(this.#import)],
      ['examples', counted(this.#examples)],
      ['types', counted(this.#types)],
      ['sizes', counted(this.#sizes)],
      ['installers', counted(this.#installers)],
    ]
  }

  async #pack() {
    const wanted = new Set(this.#packages.flatMap(({ name, needs }) => [name, ...needs]))
    await each(
      this.#all.filter(({ name }) => wanted.has(name)),
      (pkg) =>
        this.results.check(`${short(pkg.name)}: pack`, async () => {
          const tarball = await pack(pkg, join(this.#folder, 'tarballs'))
          this.#tarballs.set(pkg.name, tarball)
          return problemsOf(tarball)
        }),
    )
  }

  async #lint() {
    await this.#overTarballs('publint', publintProblems)
    await this.#overTarballs('types for ES modules', typesFit)
  }

  /**
   * @param {string} what
   * @param {(tarball: Tarball) => Promise<string[] | void>} work
   */
  #overTarballs(what, work) {
    return each(this.#packages, async ({ name }) => {
      const tarball = this.#tarballs.get(name)
      if (tarball !== undefined) await this.results.check(`${short(name)}: ${what}`, () => work(tarball))
    })
  }

  #project(/** @type {Pick<Package, 'name'>} */ { name }) {
    return join(this.#folder, short(name))
  }

  async #install() {
    await each(this.#packages, (pkg) =>
      this.results.check(`${short(pkg.name)}: install`, async () => {
        await install(pkg, this.#tarballs, this.#project(pkg))
        await writePrograms(pkg, this.#project(pkg))
        this.#installed.push(pkg)
      }),
    )
  }

  /** Imports every entry, requires it, and compares: all runtimes and both ways give the same names. */
  async #import() {
    await this.#onRuntimes((pkg, runtime, binary) =>
      this.results.check(`${short(pkg.name)}: import and require on ${runtime}`, () =>
        importProblems(binary, this.#project(pkg)),
      ),
    )
  }

  async #examples() {
    await this.#onRuntimes(async (pkg, runtime, binary) => {
      const example = examples[pkg.name]
      const reason = example?.never ?? example?.not?.[runtime]
      const what = `${short(pkg.name)}: README example on ${runtime}`
      if (reason !== undefined) this.results.skip(what, reason)
      else await this.results.check(what, () => runExample(binary, join(this.#project(pkg), 'example.mjs'), example))
    })
  }

  /** @param {(pkg: Package, runtime: string, binary: string) => Promise<void>} work */
  async #onRuntimes(work) {
    for (const runtime of testedRuntimes) {
      /** @type {string} */
      let binary
      try {
        binary = await binaryOf(runtime)
      } catch (error) {
        this.results.skip(runtime.name, /** @type {Error} */ (error).message)
        continue
      }
      await each(this.#installed, async (pkg) => {
        if (runsOn(pkg, runtime)) await work(pkg, runtime.name, binary)
        else this.results.skip(`${short(pkg.name)} on ${runtime.name}`, `it asks for Node ${pkg.since.join('.')}`)
      })
    }
  }

  async #types() {
    const projects = this.#installed.map(({ name }) => short(name))
    const kinds = /** @type {(keyof typeof resolutions)[]} */ (Object.keys(resolutions))
    await each(
      compilers.flatMap((compiler) => kinds.map((kind) => ({ compiler, kind }))),
      ({ compiler, kind }) =>
        this.results.check(`types: TypeScript ${compiler}, ${kind}`, () =>
          compile(this.#folder, projects, compiler, kind),
        ),
    )
  }

  async #sizes() {
    const wanted = ({ name = '' }) => this.#installed.some((pkg) => `${name}/`.includes(`${pkg.name}/`))
    for (const { name, size, sizeLimit, passed } of (await sizes()).filter(wanted)) {
      const text = `${kilobytes(size)}, limit ${kilobytes(sizeLimit)}`
      this.notes.push(`${name.padEnd(48)} ${text}`)
      await this.results.check(`size of ${name}`, () => (passed ? [] : [text]))
    }
  }

  /** core and sync: a package with a peer stands for all. */
  async #installers() {
    const pair = ['@loop/core', '@loop/sync']
    if (pair.some((name) => !this.#tarballs.has(name))) return
    const files = Object.fromEntries(pair.map((name) => [name, /** @type {Tarball} */ (this.#tarballs.get(name)).file]))
    await each(Object.keys(installers), (name) =>
      this.results.check(`install with ${name}`, () => installWith(name, join(this.#folder, `with-${name}`), files)),
    )
  }
}
