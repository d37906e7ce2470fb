// What the suite is told about the provider: one JSON document for each plan.
//
// The suite's own browser is scripted here. It knows the provider by its paths and the ids of its buttons alone. A
// module whose picture is wanted gets no script: the driver opens its addresses itself (person.mjs).

const SETTLED = ["wait", "id", "submission_complete", 15];

export function configuration(group, plan, world) {
  const { suite, provider, account, password, initialAccessToken, clients, pictures } = world;
  const label = labelOf(group, plan);
  const config = {
    description: label,
    server: { discoveryUrl: `${provider}/.well-known/openid-configuration`, jwks_refresh_delay: 6 },
    client: { client_name: `${label} 1` },
    client2: { client_name: `${label} 2` },
    options: { browsercontrol_css_enable: false },
    browser: plan.browser === "chromium" ? [] : script(suite, provider, account, password),
    override: Object.fromEntries(Object.keys(picturesOf(plan, pictures)).map((module) => [module, { browser: [] }])),
  };
  if (plan.variant.client_registration === "static_client") {
    const own = clients?.[label];
    if (!own) throw new Error(`the plan ${label} needs static clients, and the file of clients has none of that name`);
    Object.assign(config, own, { alias: alias(label) });
  } else if (initialAccessToken) {
    for (const client of [config.client, config.client2]) client.initial_access_token = initialAccessToken;
  }
  return config;
}

// Names a plan: the same plan of the suite occurs in several groups.
export function labelOf(group, plan) {
  return `${group.name}/${plan.name}`;
}

// What stands in the redirect URIs of static clients, so that they can be registered before a run.
export function alias(label) {
  return label.replaceAll(/[^a-zA-Z0-9]+/g, "-");
}

// The modules of a plan that want a picture. A provider that lacks a feature may show a page where another goes on.
export function picturesOf(plan, pictures) {
  return { ...pictures, ...plan.pictures };
}

function script(suite, provider, account, password) {
  // The suite's `match` of a wait is a regular expression over the whole address.
  const back = ["wait", "match", `^${suite.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}/test/`, 15];
  return [
    {
      match: `${provider}/authorize*`,
      tasks: [
        {
          task: "sign in",
          optional: true,
          match: `${provider}/sign-in*`,
          commands: [
            ["text", "id", "username", account],
            ["text", "id", "password", password],
            ["click", "id", "login-submit"],
          ],
        },
        { task: "consent", optional: true, match: `${provider}/consent*`, commands: [["click", "id", "consent-approve"]] },
        { task: "return to the client", commands: [back, SETTLED] },
      ],
    },
    {
      match: `${provider}/end-session*`,
      tasks: [
        {
          task: "confirm",
          optional: true,
          match: `${provider}/end-session*`,
          commands: [["click", "id", "logout-confirm", "optional"]],
        },
        { task: "return to the client", commands: [back] },
      ],
    },
    {
      match: `${suite}/test/*/session_verify`,
      tasks: [{ task: "frames", commands: [["wait", "contains", "/session_result", 15]] }],
    },
    {
      match: `${suite}/test/*/second_session_verify`,
      tasks: [{ task: "frames", commands: [["wait", "contains", "/second_session_result", 15]] }],
    },
  ];
}
