# Notices by mail and SMS. None has a link. An SMS has 160 ASCII characters at most, with a date as long as there is.
message-greeting = Dear { $name },
message-greeting-no-name = Hello,
message-password-changed = Fuxin: your password was changed
    .told = The password of your account { $account } was changed on { $when } (Taipei time). Sign-ins on other devices have ended with it.
    .if-not = If it was not you, somebody else may be using your account. Please call the service desk at once, { $phone }, and have the account locked; they will help you from there.
    .sms = Fuxin: your password was changed on { $when }. If it was not you, call { $phone }
message-right-after-failures = Fuxin: your password was entered correctly after { $failures } wrong tries
    .told = The right password of your account { $account } was entered on { $when } (Taipei time), after { $failures } wrong tries in a row.
    .if-not = If it was not you, somebody may know your password. Please call the service desk at once, { $phone }, and have the account locked; they will help you from there.
    .sms = Fuxin: right password after { $failures } wrong tries on { $when }. If it was not you, call { $phone }
message-if-own = If it was you, there is nothing to do.
message-end = Fuxin (government sign-in) sent this mail automatically; please do not reply. A notice of Fuxin never has a link to sign in with and never asks for your password.
