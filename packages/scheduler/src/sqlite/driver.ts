/**
 * The few calls of a SQLite library that the store needs, and the two libraries that have them.
 *
 * `node:sqlite` is part of Node from 22.13 on. On Node 20 it is `libsql`: a fork of SQLite with the same file format
 * and the operating system's file locks, whose binaries come inside npm packages, without an install script. Others
 * were not possible: better-sqlite3 fetches or compiles its binary in an install script; sql.js keeps the file in
 * memory; node-sqlite3-wasm locks with a directory, which stays behind when its process is killed. libsql starts threads of
 * its own, and aborts the process when the system refuses one, so `node:sqlite` is taken wherever there is one.
 */
import { createRequire } from 'node:module'
import { messageOf } from '@loop/core/lowlevel'
import { JobStoreError } from '../errors.ts'

/** A prepared statement; parameters are numbers, texts or null. */
export interface SqliteStatement {
  run(...parameters: (number | string | null)[]): { readonly changes: number | bigint }
  get(...parameters: (number | string | null)[]): unknown
  all(...parameters: (number | string | null)[]): unknown[]
}

/** An open database. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

/** Which library opens the file. */
export type SqliteDriver = 'node' | 'libsql'

type Open = new (path: string) => SqliteDatabase

/** Opens a database file with the library asked for, or the first that is there. Throws JobStoreError when none is. */
export function openDatabase(path: string, driver?: SqliteDriver): SqliteDatabase {
  const Database = driver === 'libsql' ? libsql() : (nodeSqlite() ?? (driver === 'node' ? null : libsql()))
  if (Database === null) {
    const hint = driver === 'node' ? 'node:sqlite needs Node 22.13' : 'install libsql, or use Node 22.13 or later'
    throw new JobStoreError(`there is no SQLite library: ${hint}`)
  }
  try {
    return new Database(path)
  } catch (error) {
    throw new JobStoreError(`the database "${path}" cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}

function nodeSqlite(): Open | null {
  // Not an import: Node 20 has no such module, and a bundler would look for it.
  const module = process.getBuiltinModule('node:sqlite') as { DatabaseSync?: Open } | undefined
  return module?.DatabaseSync ?? null
}

function libsql(): Open | null {
  try {
    return createRequire(import.meta.url)('libsql') as Open
  } catch {
    return null
  }
}
