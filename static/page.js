// What pages gain where there is JavaScript. Without it, every page works the same.

// A second click sends nothing. The button stays focusable, and works again when the page comes back from the cache.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    else if (!event.defaultPrevented) form.dataset.sent = "yes";
  });
}

addEventListener("pageshow", (event) => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  if (event.persisted) for (const field of document.querySelectorAll("input[type=password]")) field.value = "";
});

// Show and hide a password.
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  // Hidden again before it is sent, so that no browser keeps it among typed texts.
  field.form.addEventListener("submit", () => show(false));
}

// Enter that ends the writing of a character must not send the form.
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.isComposing) event.preventDefault();
}, true);

// What is wrong has the focus by its attribute `autofocus`; here for browsers that know it for fields only.
addEventListener("load", () => setTimeout(() => {
  if (document.activeElement === document.body) document.getElementById("problem")?.focus();
}, 300));
