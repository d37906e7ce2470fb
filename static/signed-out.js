// Goes on from the signed-out page once the agencies' frames have loaded, or after a moment. Without it, the link does.
(function () {
  var link = document.getElementById("continue");
  var gone = false;
  function go() {
    if (gone) return;
    gone = true;
    location.replace(link.href);
  }
  if (!link || !link.hasAttribute("data-goes-on")) return;
  // The window's own event waits for every frame, also for one that fails.
  if (document.readyState === "complete") go();
  else window.addEventListener("load", go);
  setTimeout(go, 5000);
})();
