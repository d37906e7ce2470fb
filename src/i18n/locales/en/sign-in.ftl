# Sign in with account and password; the change of an expired password.
sign-in-title = Sign in
sign-in-username = Account name
sign-in-password = Password
sign-in-show-password = Show
sign-in-show-password-long = Show password
sign-in-submit = Sign in
sign-in-submit-and-go = Sign in and go to { $agency }
sign-in-choose-account = { $agency } lets you choose which account to use. Enter it with its password.
sign-in-asked-again = To be sure that it is you, { $agency } asks for your password again.
sign-in-too-long-ago = You signed in some time ago. { $agency } asks for your password again.
sign-in-this-site = this site

sign-in-human-working = Making sure that this is not an automated attempt. It usually takes a few seconds; you can type your password meanwhile.
sign-in-human-done = Done. You can sign in now.
sign-in-human-wait = Please wait { $seconds } seconds
sign-in-human-wait-why = Wrong entries were made for this account several times. To stop others from guessing the password, please wait. The page reloads by itself when the time is up.
sign-in-human-continue = I have waited, continue

change-password-title = Choose a new password
change-password-why = You have used your password for more than { $years } years. To protect your personal data, choose a new one before you go on.
change-password-new = New password
change-password-rules = At least { $minimum } characters, not your account name and not your present password. A sentence that only you know works well.
change-password-submit = Set new password and sign in
change-password-submit-and-go = Set new password and go to { $agency }
