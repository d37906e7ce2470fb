<?php
require 'fuxin.php';
$hint = $_SESSION['id_token'] ?? null;
session_destroy();
if ($hint === null) {
    header('Location: /');
    exit;
}
fuxin()->signOut($hint, SITE . '/');
