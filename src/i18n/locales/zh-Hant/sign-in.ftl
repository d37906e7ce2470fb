# Sign in with account and password; the change of an expired password.
sign-in-title = 登入
sign-in-username = 帳號
sign-in-password = 密碼
sign-in-show-password = 顯示
sign-in-show-password-long = 顯示密碼
sign-in-submit = 登入
sign-in-submit-and-go = 登入並前往{ $agency }
sign-in-choose-account = { $agency }請您選擇要使用的帳號。請輸入該帳號與密碼。
sign-in-asked-again = 為了確認是您本人，{ $agency }請您再輸入一次密碼。
sign-in-too-long-ago = 您上次登入已有一段時間，{ $agency }請您重新輸入密碼。
sign-in-this-site = 本網站

sign-in-human-working = 正在確認這是真人的操作，通常只要幾秒鐘。您可以先輸入密碼。
sign-in-human-done = 已完成確認，請登入。
sign-in-human-wait = 請等候 { $seconds } 秒
sign-in-human-wait-why = 這個帳號剛才輸入錯誤數次。為防止他人猜測密碼，請稍候再輸入。時間到時，這一頁會自動更新。
sign-in-human-continue = 等好了，繼續

change-password-title = 請設定新密碼
change-password-why = 您的密碼已使用超過 { $years } 年，為保護您的個人資料，請換一組新密碼，才能繼續登入。
change-password-new = 新密碼
change-password-rules = 至少 { $minimum } 個字元，不可與帳號相同，也不可沿用目前的密碼。可以使用一句只有您記得的話。
change-password-submit = 設定新密碼並登入
change-password-submit-and-go = 設定新密碼並前往{ $agency }
