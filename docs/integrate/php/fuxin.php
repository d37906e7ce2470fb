<?php
require 'vendor/autoload.php';

const SITE = 'http://localhost:8000';

function fuxin(): Jumbojett\OpenIDConnectClient
{
    $client = new Jumbojett\OpenIDConnectClient(getenv('ISSUER'), getenv('CLIENT_ID'), getenv('CLIENT_SECRET'));
    $client->setRedirectURL(SITE . '/callback.php');
    $client->addScope(['openid', 'profile']);
    $client->setCodeChallengeMethod('S256');
    return $client;
}

// Where it is noted that a sign-in has ended. With several machines: a table.
function ended(string $sid): string
{
    return sys_get_temp_dir() . '/ended-' . hash('sha256', $sid);
}

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'cookie_secure' => str_starts_with(SITE, 'https')]);
if (isset($_SESSION['sid']) && is_file(ended($_SESSION['sid']))) {
    $_SESSION = [];
}
