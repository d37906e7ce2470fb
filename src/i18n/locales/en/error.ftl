# Pages that say what went wrong. Value: what happened. now: what to do. button: the one button.
# meaning: the code in the table of the help page.
ERR-101 = We do not know the site that sent you
    .now = The site that brought you here is not registered, or its registration has ended. No data of yours were sent. Please start again from the agency’s official site.
    .button = Go to Fuxin home
    .meaning = The site that asked for the sign-in is not registered, or its registration has ended.
ERR-102 = We cannot return you to that site
    .now = The return address that the site asked for is not the registered one. To protect you, we do not go to addresses that are not registered. No data of yours were sent.
    .button = Go to Fuxin home
    .meaning = The return address that a site asked for is not the registered one. Please tell that site.
ERR-103 = We cannot act on this request
    .now = The address is incomplete, or the site that brought you here sent something wrong. Go back to that site and try again.
    .button = Go to Fuxin home
    .meaning = The request was incomplete or wrong.
ERR-201 = Your browser did not keep a cookie that signing in needs
    .now = The cookie tells us that one browser is used from beginning to end. Allow cookies for this site, then start again from the agency’s site.
    .button = Go to Fuxin home
    .meaning = The browser did not keep a cookie that signing in needs, or the page was opened in another browser.
ERR-202 = We cannot be sure that this form came from us
    .now = The page may have been open too long, or another site sent the form. To protect you, we did not act on it.
    .button = Start again
    .meaning = We could not be sure that a form came from this site and did not act on it.
ERR-301 = This sign-in has timed out
    .now = For your safety a sign-in page is valid for a limited time. Nothing that you typed was sent. Start again; it does not take long.
    .button = Start again
    .meaning = A sign-in page was open too long. Start the sign-in again.
ERR-302 = This step of setting a new password is over
    .now = If the new password has been set, sign in with it. If not, sign in with the old one and set a new one again.
    .button = Back to the sign-in
    .meaning = The step of setting a new password was finished, timed out or was tried too often. Please sign in again.
ERR-404 = There is no such page
    .now = The address may be mistyped, or the page is gone.
    .button = Go to Fuxin home
    .meaning = The address does not exist.
ERR-405 = This address cannot be opened directly
    .now = It is used in the course of a sign-in. Please start from the beginning.
    .button = Go to Fuxin home
    .meaning = An address was opened in a way that it is not meant for.
ERR-413 = Too much was sent
    .now = What was sent is larger than allowed and was not looked at. Shorten it and send it again.
    .button = Go to Fuxin home
    .meaning = What was sent is larger than allowed.
ERR-500 = Something went wrong on our side
    .now = It is not your fault, and we have a record of it. Please try again.
    .button = Try again
    .meaning = A fault of the system. It was recorded.
ERR-503 = The service is not available now
    .now = The system is busy or under maintenance. Wait about { $seconds ->
        [one] one second
       *[other] { $seconds } seconds
    } and try again.
    .button = Try again
    .meaning = The system is busy or under maintenance. Try again later.

error-back = Back to the sign-in
error-request = Reference
error-desk = If the problem persists, call the service desk, { $phone }, and read out the code and the reference above.
