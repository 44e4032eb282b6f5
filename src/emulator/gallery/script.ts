/**
 * The script of all pages. The Content-Security-Policy contains its hash. It adds the copy buttons, the search of tags
 * and keyboard focus for wide tables. A page without it shows the same contents.
 */
export const SCRIPT = `
'use strict'
{
  const find = (selector, within = document) => within.querySelector(selector)
  document.documentElement.classList.add('scripted')

  let clearing
  function announce(text) {
    const status = find('#announcement')
    clearTimeout(clearing)
    status.textContent = text
    clearing = setTimeout(() => { status.textContent = '' }, 4000)
  }

  // The clipboard API is missing if the page is served by HTTP under a name other than localhost.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      const focused = document.activeElement
      const area = document.createElement('textarea')
      area.className = 'unseen'
      area.value = text
      document.body.append(area)
      area.select()
      const copied = document.execCommand('copy')
      area.remove()
      focused?.focus()
      return copied
    }
  }

  document.addEventListener('click', async ({ target }) => {
    const button = target.closest('button[data-copy]')
    if (button === null) return
    if (!(await copy(button.dataset.copy))) {
      announce('The browser did not allow copying. Select the text and copy it.')
      return
    }
    const icon = find('use', button)
    icon.setAttribute('href', '#icon-check')
    setTimeout(() => icon.setAttribute('href', '#icon-copy'), 2000)
    announce(button.getAttribute('aria-label').replace('Copy', 'Copied'))
  })

  let request
  async function showTags() {
    const url = new URL(location.href)
    url.search = ''
    for (const { name, value } of document.querySelectorAll('.filter [name]')) {
      if (value.trim() !== '') url.searchParams.set(name, value)
    }
    request?.abort()
    request = new AbortController()
    try {
      const response = await fetch(url, { signal: request.signal })
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      for (const part of ['#tag-count', '#tag-list']) {
        find(part).replaceChildren(...find(part, page).childNodes)
      }
      history.replaceState(null, '', url)
    } catch (error) {
      if (error.name !== 'AbortError') announce('The search failed. Check that the emulator is running.')
    }
  }

  let typing
  document.addEventListener('input', ({ target }) => {
    if (target.closest('.filter') === null) return
    clearTimeout(typing)
    typing = setTimeout(showTags, 120)
  })

  // A keyboard can only scroll what can have the focus.
  function focusScrollable() {
    for (const element of document.querySelectorAll('.markdown pre, .markdown table')) {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0
      else element.removeAttribute('tabindex')
    }
  }
  addEventListener('load', focusScrollable)
  addEventListener('resize', focusScrollable)
  document.addEventListener('toggle', focusScrollable, true)
}
`
