// The human check of the sign-in page: looks for the answer while the person types.
//
// The page's form carries `data-challenge-salt` and `data-challenge-difficulty`. The answer is the first whole number
// whose SHA-256 (FIPS 180-4) after the salt, both as text, begins with that many zero bits; the server tests it with one
// hash (`src/throttle/human_check.rs`). Without this script the same form is good after a wait. Runs in slices between
// which the page stays usable: no worker, so no further script and no further rule in the content security policy.

const ROUND = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

// Milliseconds of work before the page gets its turn; more where nobody looks, for there a turn takes a second.
const SLICE = 12;
const HIDDEN_SLICE = 500;

/** The first 32 bits of the SHA-256 of a message of one block, whose 16 words are at the front of `words`. */
function firstWord(words) {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = words[i - 16] + sigma0 + words[i - 7] + sigma1;
  }
  let a = 0x6a09e667, b = 0xbb67ae85 | 0, c = 0x3c6ef372, d = 0xa54ff53a | 0;
  let e = 0x510e527f, f = 0x9b05688c | 0, g = 0x1f83d9ab, h = 0x5be0cd19;
  for (let i = 0; i < 64; i++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + ROUND[i] + words[i]) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  return (a + 0x6a09e667) | 0;
}

/** A function that tells how many zero bits (up to 32) the SHA-256 of `salt` and a number begins with. */
function zeroBitsAfter(salt) {
  // Salt (43 characters) and number (at most 10) leave room for the padding in one block.
  const bytes = new Uint8Array(64);
  for (let i = 0; i < salt.length; i++) bytes[i] = salt.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const words = new Int32Array(64);
  return (number) => {
    const digits = String(number);
    let end = salt.length;
    for (let i = 0; i < digits.length; i++) bytes[end++] = digits.charCodeAt(i);
    bytes[end] = 0x80;
    view.setUint32(60, end * 8);
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(i * 4);
    return Math.clz32(firstWord(words));
  };
}

// Not `scheduler.yield`: what continues after it goes before the page's other tasks, and they would wait until the end.
const pause = () => new Promise((done) => setTimeout(done));

/** The answer to a challenge, as text. */
export async function answerTo(salt, difficulty) {
  const zeroBits = zeroBitsAfter(salt);
  let number = 0;
  for (;;) {
    const end = performance.now() + (globalThis.document?.hidden ? HIDDEN_SLICE : SLICE);
    do {
      for (const stop = number + 256; number < stop; number++) {
        if (zeroBits(number) >= difficulty) return String(number);
      }
    } while (performance.now() < end);
    await pause();
  }
}

function start(form) {
  const status = document.getElementById("challenge-status");
  const field = form.elements.namedItem("answer");
  let working = true;
  let waiting = null; // the button that was pressed too early

  const tell = (text) => {
    if (status && text) status.textContent = text;
  };
  const finish = () => {
    working = false;
    form.removeAttribute("aria-busy");
    if (waiting) form.requestSubmit(waiting.button);
  };

  // Before any listener of the form itself: to those, what is only put off must not look like sent.
  addEventListener("submit", (event) => {
    // A button that sends the form elsewhere (leave, change the language) needs no answer.
    if (event.target !== form || !working || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    waiting = { button: event.submitter };
    form.setAttribute("aria-busy", "true");
    tell(status?.dataset.working);
  }, true);

  field.value = ""; // a browser may have restored the answer to an earlier challenge
  tell(status?.dataset.working);
  answerTo(form.dataset.challengeSalt, Number(form.dataset.challengeDifficulty))
    .then((answer) => {
      field.value = answer;
      tell(status?.dataset.done);
      status?.classList.add("done");
    })
    // Whatever fails here, the form can be sent: the server then asks for the wait.
    .finally(finish);
}

const form = globalThis.document?.getElementById("sign-in-form");
if (form?.dataset.challengeSalt) start(form);
