<?php
require 'fuxin.php';
if (!isset($_SESSION['person'])) {
    header('Location: /callback.php');
    exit;
}
?>
<meta charset="utf-8"><p id="name"><?= htmlspecialchars($_SESSION['person']->name) ?></p><a href="/sign-out.php">Sign out</a>
