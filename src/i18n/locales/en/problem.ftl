# One message per code. Value: the heading. now: what the person can do. field: what stands at the field.
# meaning: the code in the table of the help page, without variables.
LGN-101 = Wrong account name or password
    .now = Check both and try again. After { $tries ->
        [one] one more wrong try
       *[other] { $tries } more wrong tries
    }, password sign-in to this account is paused for { $pause } minutes.
    .field = Enter your password again
    .meaning = The account name or the password is wrong. Check capital letters and the input method, then try again.
LGN-102 = Wrong account name or password
    .now = After { $tries ->
        [one] one more wrong try
       *[other] { $tries } more wrong tries
    }, password sign-in to this account is paused for { $pause } minutes. From now on we first make sure that a person is signing in. This happens by itself; there is nothing to type.
    .field = Enter your password again
    .meaning = Three or more wrong entries in a row. Before the next sign-in we make sure, without your help, that a person is signing in.
LGN-103 = Wrong account name or password; password sign-in is paused until { $until }
    .now = There were too many wrong entries in a row. You can sign in again in { $minutes ->
        [one] one minute
       *[other] { $minutes } minutes
    }; until then the right password is refused, too. If it was not you, call { $phone }.
    .meaning = Five wrong entries in a row. Password sign-in to this account is paused for some time and comes back by itself.
LGN-111 = Enter your account name
    .now = The field for the account name is empty.
    .field = Enter your account name
    .meaning = No account name was entered.
LGN-112 = Enter your password
    .now = The field for the password is empty.
    .field = Enter your password
    .meaning = No password was entered.
LGN-113 = Enter your account name and password
    .now = Both fields are empty.
    .meaning = Neither account name nor password was entered.
LGN-114 = The account name is too long
    .now = An account name has at most { $maximum } characters; a Chinese one counts as about three. Check that nothing else was pasted.
    .field = Shorten the account name
    .meaning = The account name is longer than allowed.
LGN-115 = The password is too long
    .now = A password has at most { $maximum } characters; a Chinese one counts as about three. Check that nothing else was pasted.
    .field = Shorten the password
    .meaning = The password is longer than allowed.
LGN-201 = Sign in once more
    .now = There were wrong entries for this account, so we first make sure that a person is signing in. This happens by itself; only enter your password again.
    .field = Enter your password again
    .meaning = Before this sign-in we make sure, without your help, that a person is signing in.
LGN-202 = A little more time is needed
    .now = The waiting time is not over. Wait until it ends, then enter your password.
    .meaning = The waiting time before the sign-in is not over.
LGN-203 = The check was not completed
    .now = Its result did not arrive in full, so it has started again. Enter your password again.
    .field = Enter your password again
    .meaning = The result of the automatic check was incomplete. Sign in again.
LGN-204 = The check has expired
    .now = The page was open too long or the check was used before, so it has started again. Enter your password again.
    .field = Enter your password again
    .meaning = The automatic check has expired or was used before. Sign in again.
LGN-301 = Password sign-in to this account is paused until { $until } ({ $minutes ->
        [one] one minute left
       *[other] { $minutes } minutes left
    })
    .now = There were too many wrong entries in a row. Sign in again when the time is up; until then the right password is refused, too.
    .meaning = Password sign-in to this account is paused. It comes back by itself when the time is up.
LGN-302 = The password of this account is switched off
    .now = There were too many wrong entries in a row. Call the service desk, { $phone }, to prove who you are and have it switched on again.
    .meaning = The password was switched off after too many wrong entries. Call the service desk to have it switched on again.
LGN-401 = Account disabled because of invalid national ID data
    .now = The account was disabled because the national ID number given is not yours or is not valid. If you have questions, contact the service desk at { $phone }.
    .meaning = The account was disabled because its national ID data are not valid. Contact the service desk.
LGN-402 = Account disabled by an administrator
    .now = Your password is right, but the account cannot be used now. Call the service desk, { $phone }, and read out the code below.
    .meaning = The account was disabled by an administrator. Contact the service desk.
LGN-403 = Sign-in failed: the account has been deleted
    .now = This account has been deleted and cannot be restored. To use the service again, or if you have questions, call the service desk, { $phone }.
    .meaning = The account has been deleted. If you have questions, contact the service desk.
LGN-501 = Many people are signing in now
    .now = Your password has not been looked at and nothing counts as a wrong entry. Wait a few seconds and press the button again.
    .meaning = The system is busy. Wait a few seconds and sign in.

PWD-101 = Enter a new password
    .now = The field for the new password is empty.
    .field = Enter a new password
    .meaning = No new password was entered.
PWD-102 = The new password is too short
    .now = A new password has at least { $minimum } characters.
    .field = Enter at least { $minimum } characters
    .meaning = The new password is shorter than allowed.
PWD-103 = The new password is too long
    .now = A new password has at most { $maximum } characters; a Chinese one counts as about three.
    .field = Shorten the new password
    .meaning = The new password is longer than allowed.
PWD-104 = The new password is your present one
    .now = Choose a different password.
    .field = Enter a different password
    .meaning = The new password is the same as the present one.
PWD-105 = The new password is your account name
    .now = Others can easily know it. Choose a different password.
    .field = Enter a password that is not your account name
    .meaning = The new password is the same as the account name.
