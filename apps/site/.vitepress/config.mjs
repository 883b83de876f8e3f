import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

/** @type {import('../content.mjs').Contents} */
const { guide, cookbook, packages, api } = JSON.parse(
  readFileSync(new URL('../build/contents.json', import.meta.url), 'utf8'),
)

export default defineConfig({
  title: 'Loop',
  description: 'An event loop for TypeScript in the manner of asyncio, as separately installable packages.',
  lang: 'en',
  srcDir: 'build',
  outDir: 'dist',
  // A site that lies in a folder of a host is built with BASE=/loop/.
  base: /** @type {`/${string}/`} */ (process.env.BASE ?? '/'),
  cleanUrls: false,
  // Every link is checked by the build; the test looks at those of the browser, too.
  ignoreDeadLinks: false,
  head: [['link', { rel: 'icon', href: `${process.env.BASE ?? '/'}icon.svg`, type: 'image/svg+xml' }]],
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: guide[0]?.link ?? '/' },
      { text: 'Cookbook', link: '/cookbook/' },
      { text: 'Playground', link: '/playground' },
      ...(api[0] === undefined ? [] : [{ text: 'API', link: api[0].link }]),
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: {
      '/guide/': [
        { text: 'Guide', items: guide },
        { text: 'Packages', items: packages },
      ],
      '/packages/': [
        { text: 'Packages', items: packages },
        { text: 'Guide', items: guide },
      ],
      '/cookbook/': [{ text: 'Cookbook', items: cookbook }],
      '/api/': [{ text: 'API reference', items: api }],
    },
    outline: [2, 3],
    footer: { message: 'MIT licence' },
  },
  vite: { publicDir: 'public' },
})
