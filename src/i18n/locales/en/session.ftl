# The signed-in home, signing out, and requests that are over.
home-greeting = Welcome, { $name }
home-sign-out = Sign out
home-lead = You are signed in. Agency sites that use Fuxin will not ask for your password again.
home-account = Account name
home-how = Signed in with
home-how-password = Account name and password
home-when = Signed in at
home-when-zone = Taipei time

end-session-title = Do you want to sign out?
end-session-lead = After that, agency sites will ask you to sign in again.
end-session-asked-by = { $agency } asks whether you want to sign out of Fuxin, too.
end-session-confirm = Sign out
end-session-way = Go to sign-out
end-session-stay = Stay signed in

signed-out-title = You are signed out
signed-out-lead = This browser no longer holds your sign-in.
signed-out-telling = The agency sites that you used are being told, so that you are signed out there, too.
signed-out-frame = Notice of the sign-out
signed-out-return = Return to { $agency }
signed-out-continue = Continue
signed-out-sign-in = Sign in again

finished-title = This sign-in is already complete
finished-lead = You may have used the back button or sent the form twice. There is nothing more to do; simply continue.
finished-continue = Continue
finished-continue-to = Continue to { $agency }

form-post-title = Going to { $agency }
form-post-lead = If nothing happens, press “Continue”.
form-post-continue = Continue

help-title = Help
help-desk-title = Service desk
help-desk-lead = Have the code on the page ready when you call. Nobody at the desk will ask for your password.
help-desk-hours = Hours
help-your-code = Your code is { $code }
help-paused-until = Password sign-in comes back at { $until }.
help-cannot-title = If you cannot sign in
help-cannot-caps = Check that Caps Lock is off and that the input method is set to letters and digits.
help-cannot-pause = Five wrong passwords in a row pause the sign-in for some time. The page says when it comes back; you need not call.
help-cannot-forgot = If you forgot your account name or password, call the service desk. They will help once they know who you are.
help-codes-title = What the codes mean
help-codes-code = Code
help-codes-meaning = Meaning and what to do
