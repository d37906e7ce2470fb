<h1>Portal</h1><a id="sign-in" href="/profile.php">Sign in</a>
