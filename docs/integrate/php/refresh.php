<?php
require 'fuxin.php';
$client = fuxin();
$answer = $client->refreshToken($_SESSION['refresh_token'] ?? '');
if (isset($answer->error)) {
    $_SESSION = []; // the sign-in has ended: begin anew
} else {
    $_SESSION['refresh_token'] = $client->getRefreshToken();
    $_SESSION['person'] = $client->requestUserInfo();
}
header('Location: /profile.php');
