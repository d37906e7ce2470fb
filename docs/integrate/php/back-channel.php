<?php // Fuxin calls this when the person signs out elsewhere.
require 'fuxin.php';
try {
    $client = fuxin();
    http_response_code($client->verifyLogoutToken() && touch(ended($client->getSidFromBackChannel())) ? 200 : 400);
} catch (Jumbojett\OpenIDConnectClientException $refused) {
    error_log($refused->getMessage());
    http_response_code(400);
}
