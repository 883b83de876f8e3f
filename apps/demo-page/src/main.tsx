import { render } from 'preact'
import { App } from './app.tsx'
import { showPlainText } from './plain-text.ts'
import './style/tokens.css'
import './style/page.css'
import './style/parts.css'

showPlainText()
render(<App />, document.querySelector('#app')!)
