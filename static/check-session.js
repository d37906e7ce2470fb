// Answers an agency's page whether the sign-in in this browser has changed since it was told its session_state.
// OpenID Connect Session Management 1.0, section 3.2. Old syntax and a SHA-256 of its own: it must run in every frame.
(function () {
  var name = document.body.getAttribute("data-cookie") + "=";

  function state() {
    var parts = document.cookie.split("; ");
    for (var i = 0; i < parts.length; i += 1) {
      if (parts[i].indexOf(name) === 0) return parts[i].substring(name.length);
    }
    return "";
  }

  function isPrime(n) {
    for (var d = 2; d * d <= n; d += 1) if (n % d === 0) return false;
    return true;
  }

  // FIPS 180-4, section 4.2.2 and 5.3.3: the first bits of roots of the first primes.
  var constants = [], beginning = [];
  for (var n = 2; constants.length < 64; n += 1) {
    if (!isPrime(n)) continue;
    if (beginning.length < 8) beginning.push(fraction(Math.pow(n, 1 / 2)));
    constants.push(fraction(Math.pow(n, 1 / 3)));
  }

  function fraction(root) {
    return ((root - Math.floor(root)) * 4294967296) | 0;
  }

  function turned(word, by) {
    return (word >>> by) | (word << (32 - by));
  }

  // Of ASCII text, in hexadecimal.
  function sha256(text) {
    var length = text.length, count = ((length + 8) >> 6) + 1, words = [], i;
    for (i = 0; i < count * 16; i += 1) words.push(0);
    for (i = 0; i < length; i += 1) words[i >> 2] |= (text.charCodeAt(i) & 255) << (24 - (i % 4) * 8);
    words[length >> 2] |= 128 << (24 - (length % 4) * 8);
    words[count * 16 - 1] = length * 8;
    var hash = beginning.slice(0);
    for (var block = 0; block < count; block += 1) {
      var w = words.slice(block * 16, block * 16 + 16), v = hash.slice(0);
      for (i = 0; i < 64; i += 1) {
        if (i >= 16) {
          var early = w[i - 15], late = w[i - 2];
          var s0 = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
          var s1 = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
        var e = v[4], a = v[0];
        var choice = (e & v[5]) ^ (~e & v[6]);
        var most = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
        var one = (v[7] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + constants[i] + w[i]) | 0;
        var two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + most) | 0;
        v = [(one + two) | 0, a, v[1], v[2], (v[3] + one) | 0, e, v[5], v[6]];
      }
      for (i = 0; i < 8; i += 1) hash[i] = (hash[i] + v[i]) | 0;
    }
    var hex = "";
    for (i = 0; i < 8; i += 1) hex += ("00000000" + (hash[i] >>> 0).toString(16)).slice(-8);
    return hex;
  }

  // The question is "client_id session_state"; a session_state is a hash, a point and its salt.
  function answer(question, origin) {
    var asked = /^([\x21-\x7e]+) ([0-9a-f]{64})\.([\x21-\x7e]+)$/.exec(question);
    if (typeof question !== "string" || !asked) return "error";
    var known = state();
    // Without a state anybody could make the hash, and learn by the answer that there is none.
    if (!known) return "changed";
    var own = sha256(asked[1] + " " + origin + " " + known + " " + asked[3]);
    return own === asked[2] ? "unchanged" : "changed";
  }

  window.addEventListener("message", function (event) {
    // A page without an origin could not be answered alone.
    if (!event.source || event.source === window || !/^https?:/.test(event.origin)) return;
    event.source.postMessage(answer(event.data, event.origin), event.origin);
  });
})();
