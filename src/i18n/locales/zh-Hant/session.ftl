# The signed-in home, signing out, and requests that are over.
home-greeting = { $name } 先生/小姐 您好
home-sign-out = 會員登出
home-lead = 您已登入。前往採用符信登入的機關網站時，不需要再輸入密碼。
home-account = 帳號
home-how = 登入方式
home-how-password = 帳號密碼
home-when = 登入時間
home-when-zone = 臺北時間

end-session-title = 確定要登出嗎？
end-session-lead = 登出後，再前往機關網站時需要重新登入。
end-session-asked-by = { $agency }請您確認是否也要登出符信。
end-session-confirm = 登出
end-session-way = 前往登出
end-session-stay = 不登出

signed-out-title = 您已登出
signed-out-lead = 這個瀏覽器已不再保有您的登入狀態。
signed-out-telling = 正在通知您使用過的機關網站，您在那裡也會登出。
signed-out-frame = 登出通知
signed-out-return = 返回{ $agency }
signed-out-continue = 繼續
signed-out-sign-in = 重新登入

finished-title = 這次登入已經完成
finished-lead = 您可能按了「上一頁」，或送出了兩次。不需要再做任何事，直接繼續即可。
finished-continue = 繼續
finished-continue-to = 繼續前往{ $agency }

form-post-title = 正在前往{ $agency }
form-post-lead = 若沒有自動前往，請按「繼續」。
form-post-continue = 繼續

help-title = 使用說明
help-desk-title = 客服
help-desk-lead = 來電時請準備好畫面上的代碼。客服人員不會詢問您的密碼。
help-desk-hours = 服務時間
help-your-code = 您的代碼是 { $code }
help-paused-until = 密碼登入將於 { $until } 恢復。
help-cannot-title = 無法登入時
help-cannot-caps = 確認大寫鎖定（Caps Lock）已關閉，輸入法為英數。
help-cannot-pause = 密碼連續錯誤 5 次會暫停一段時間，畫面會顯示恢復的時間；時間到即可再登入，不必通知客服。
help-cannot-forgot = 忘記帳號或密碼時，請致電客服，確認身分後協助您處理。
help-codes-title = 代碼說明
help-codes-code = 代碼
help-codes-meaning = 意義與處理方式
