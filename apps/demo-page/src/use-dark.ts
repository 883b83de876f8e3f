import { useEffect, useState } from 'preact/hooks'

const query = window.matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is dark; a canvas must be drawn anew when that changes. */
export function useDark(): boolean {
  const [dark, setDark] = useState(query.matches)
  useEffect(() => {
    const changed = ({ matches }: MediaQueryListEvent): void => {
      setDark(matches)
    }
    query.addEventListener('change', changed)
    return () => {
      query.removeEventListener('change', changed)
    }
  }, [])
  return dark
}
