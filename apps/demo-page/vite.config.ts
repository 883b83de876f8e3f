import { defineConfig } from 'vite'

/** The page and everything it needs, in files that the service serves itself: nothing is loaded from elsewhere. */
export default defineConfig({
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
})
