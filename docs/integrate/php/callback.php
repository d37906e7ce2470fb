<?php // Begins a sign-in, and takes its answer.
require 'fuxin.php';
$client = fuxin();
$client->authenticate(); // leaves for Fuxin, unless the request brings an answer
session_regenerate_id(true);
$_SESSION['id_token'] = $client->getIdToken();
$_SESSION['refresh_token'] = $client->getRefreshToken();
$_SESSION['sid'] = $client->getVerifiedClaims('sid');
$_SESSION['person'] = $client->requestUserInfo();
header('Location: /profile.php');
