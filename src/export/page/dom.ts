/** Making elements. Text is only ever set as text. */

type Child = Node | string | null

/** An element with attributes and children; `on…` entries are listeners, `class` is the class. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | EventListener | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== null))
  return element
}

/** Puts `children` in the place of whatever is inside. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== null))
}

/** A canvas that is as sharp as the screen; `resize` returns its size in CSS pixels and resets the drawing. On paper it may be higher. */
export interface Sheet {
  readonly canvas: HTMLCanvasElement
  readonly pen: CanvasRenderingContext2D
  resize(heightMin?: number): { readonly width: number; readonly height: number }
}

export function sheet(canvas: HTMLCanvasElement): Sheet {
  const pen = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D
  return {
    canvas,
    pen,
    resize(heightMin = 0) {
      const width = canvas.clientWidth
      const height = Math.max(heightMin, canvas.clientHeight)
      const scale = window.devicePixelRatio || 1
      const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
      if (canvas.width !== wide) canvas.width = wide
      if (canvas.height !== high) canvas.height = high
      pen.setTransform(scale, 0, 0, scale, 0, 0)
      return { width, height }
    },
  }
}
