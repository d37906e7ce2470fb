// Which pages a browser was shown, told by the routes of the provider. Whoever adds a page must show it to axe:
// `unwalked` names every route for people that no entry of pages.mjs reached, and every one that showed a page which
// no entry stopped at to have it checked.

export class Walk {
  #routes;
  #origin;
  #reached = new Set();
  #shown = new Set();
  #checked = new Set();

  // `routes`: { method, path, group }, as `fuxin routes` prints them.
  constructor(routes, issuer) {
    this.#routes = routes
      .filter((route) => route.group === "page")
      .map((route) => ({ name: `${route.method} ${route.path}`, method: route.method, path: pattern(route.path) }));
    this.#origin = new URL(issuer).origin;
  }

  // Follows a page from now on. The answer notes the document that the page shows now as checked.
  // `issuer`: of the provider, if it is another than the first.
  follow(page, issuer = this.#origin) {
    const { origin } = new URL(issuer);
    let current;
    page.on("response", (response) => {
      const request = response.request();
      if (!request.isNavigationRequest() || response.frame() !== page.mainFrame()) return;
      const url = new URL(response.url());
      const name = url.origin === origin ? this.#nameOf(request.method(), url.pathname) : undefined;
      if (name) this.#reached.add(name);
      // Neither a redirect nor an empty answer shows anything: the page before stays.
      if (response.status() === 204 || (response.status() >= 300 && response.status() < 400)) return;
      // An address that is no route has a page, too.
      current = name ?? (url.origin === origin ? "no route" : undefined);
      if (name) this.#shown.add(name);
    });
    return () => {
      if (current) this.#checked.add(current);
      return current;
    };
  }

  unwalked() {
    const unreached = this.#routes.filter(({ name }) => !this.#reached.has(name));
    const unchecked = [...this.#shown].filter((name) => !this.#checked.has(name));
    return [
      ...unreached.map(({ name }) => `${name}: no entry of pages.mjs leads here`),
      ...unchecked.map((name) => `${name}: shows a page that no entry of pages.mjs ends at`),
    ];
  }

  #nameOf(method, path) {
    return this.#routes.find((route) => route.method === method && route.path.test(path))?.name;
  }
}

// `/help/{code}` matches one segment, `/static/{*file}` the rest.
function pattern(path) {
  const parts = path.split(/(\{[^}]+\})/u).map((part) => {
    if (part.startsWith("{*")) return ".+";
    return part.startsWith("{") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}
