// Every page that people see, in every state it has: how a browser gets there. The test beside this file shows each to
// axe, and fails for a route that none of these entries reaches.
//
// An entry: { state, open }. `state` is its name, unique. `open({ page, world, locale })` brings the page into the
// state, as a person would; the document that is shown when it returns is the one that is checked.

export const pages = [];
