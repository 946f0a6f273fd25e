/**
 * What mail clients write around a quoted or forwarded mail, in the languages they speak. Public words of user interfaces, in lower
 * case; German, French and so on side by side, as mails mix them.
 */

export type HeaderField = 'from' | 'date' | 'to' | 'cc' | 'subject' | 'other'

const LABELS_BY_FIELD: Record<HeaderField, string> = {
  from: `from|von|absender|de|expéditeur|expediteur|émetteur|remitente|de parte de|da|mittente|remetente|van|afzender|från|avsändare
    fra|avsender|afsender|lähettäjä|od|nadawca|odesílatel|odesilatel|odosielateľ|pošiljatelj|šalje|шаље|pošiljalac|от|от кого|отправитель|відправник|від
    від кого|подател|kimden|gönderen|feladó|küldő|de la|expeditor|από|αποστολέας|发件人|寄件人|寄件者|寄件者|發件人|差出人|送信者|送信元
    보낸 사람|보낸사람|발신|발신자|من|المرسل|מאת|מ|từ|người gửi|dari|pengirim|จาก|saatja|kellelt|nuo|siuntėjas|frá|من طرف|फ्रॉम|प्रेषक|од|испраќач`,
  date: `date|sent|sent at|sent on|date sent|datum|gesendet|gesendet am|gesendet um|datum und uhrzeit|envoyé|envoyé le|envoyée|envoye|date d'envoi|message du
    fecha|enviado|enviado el|enviado em|enviada em|enviada|enviat|data|data e ora|inviato|inviato il|data invio|verzonden|verzonden op|verstuurd|skickat
    skickades|sendt|dato|sendt den|lähetetty|päivämäärä|päiväys|pvm|wysłano|wysłane|data wysłania|odesláno|datum odeslání|odoslané|dátum|poslano|poslato
    отправлено|дата|дата отправки|надіслано|дата надсилання|изпратено|gönderilen|gönderilme tarihi|gönderildi|gönderme tarihi|tarih|elküldve|küldve|trimis|trimis la|data|dată
    ημερομηνία|στάλθηκε|απεστάλη|发送时间|发送日期|發送日期|发件时间|发信时间|传送时间|發送時間|日期|时间|時間|傳送時間|寄件日期|寄送日期|送信日時|送信日|日時|日付|送信|보낸 날짜|보낸날짜|날짜|일시|التاريخ|تاريخ|تاريخ الإرسال|تم الإرسال|أرسلت
    נשלח|תאריך|בתאריך|ngày|đã gửi|gửi|tanggal|dikirim|terkirim|วันที่|ส่ง|saadetud|kuupäev|nosūtīts|datums|išsiųsta|sent time|dagsetning|sendi|تاریخ|датум|испратено|दिनांक`,
  to: `to|an|empfänger|à|a|destinataire|destinataires|pour|para|destinatario|destinatarios|destinatário|aan|ontvanger|naar|till|mottagare|til|mottaker
    modtager|vastaanottaja|vastaanottajat|do|adresat|odbiorca|komu|pro|příjemce|príjemca|za|prima|кому|получатель|получатели|одержувач|до|получател|kime|alıcı|címzett|către|catre|destinatari
    προς|παραλήπτης|收件人|收件者|宛先|送信先|받는 사람|받는사람|수신|수신자|إلى|الى|אל|đến|tới|người nhận|kepada|untuk|ถึง|kellele|saaja|kam|प्रति`,
  cc: `cc|kopie|kopie an|copie|copie à|copia|cópia|con copia|conoscenza|kopia|kopi|kopio|kopija|kópia|копия|копія|bilgi|másolat|másolatot kap|cópia para|κοιν|κοινοποίηση|抄送|副本|参照|참조
    نسخة|نسخة إلى|עותק|đồng gửi|tembusan|สำเนา|koopia|bcc|cci|cco|ccn|bilgi|dw|udw|másolatot kap|слепа копия|سی‌سی`,
  subject: `subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|otsikko|temat|předmět|predmet|zadeva|тема|konu|tárgy|subiect|assumpte|θέμα
    主题|主旨|主題|件名|제목|الموضوع|موضوع|נושא|הנדון|chủ đề|tiêu đề|subjek|perihal|judul|เรื่อง|หัวเรื่อง|teema|temats|tēma|tema|относно|efni|предмет|विषय`,
  other: `reply-to|reply to|antwort an|répondre à|responder a|rispondi a|antwoord aan|importance|priority|wichtigkeit|importancia|priorità|prioriteit|prioritet|priorytet|attachments|attachment|anlagen
    anhänge|pièces jointes|adjuntos|archivos adjuntos|datos adjuntos|allegati|anexos|bijlagen|bilagor|vedhæftede filer|vedlegg|liitteet|załączniki|přílohy|вложения|organization|organisation|mailing-list|list-id
    x-mailer|message-id|sensitivity|categories|sender|resent-from|resent-date|newsgroups|newsgroup|conversation|附件|添付ファイル|첨부|attachment(s)|ekler|melléklet|size|größe|time`,
}

const split = (written: string) => [...new Set(written.split(/\s*[|\n]\s*/).filter((word) => word !== ''))]

/** What a label such as "Von" or "Gesendet" stands for. */
export const HEADER_LABELS: ReadonlyMap<string, HeaderField> = new Map(
  (['other', 'cc', 'to', 'date', 'subject', 'from'] as const).flatMap((field) =>
    split(LABELS_BY_FIELD[field]).map((label) => [label, field] as const),
  ),
)

/** Verbs that end or stand in a line such as "On Monday, Ada wrote:". Whole words, in scripts that part words. */
export const WROTE_WORDS =
  split(`wrote|writes|schrieb|schreibt|hat geschrieben|geschrieben|a écrit|a ecrit|écrit|écrivait|escribió|escribio|escribía|ha escrito|ha scritto|scrive|scritto
  escreveu|schreef|geschreven|het volgende geschreven|skrev|kirjoitti|pisze|napisał|napisała|napisał\\(a\\)|napisal|napsal|napsala|napsal\\(a\\)|napsal/a|píše|napísal|napísala|napísal\\(a\\)
  napisao|napisala|je napisao|je napisala|napisao/la|je napisal|je napisal/a|написал|написала|написал\\(а\\)|написав|написала|пише|пишет|писал|писала|написа|yazdı|şunu yazdı|şunları yazdı|yazmış|írta|ezt írta|a scris|scris|έγραψε|va escriure|escrigué
  đã viết|menulis|tulis|skrifaði|kirjutas|rakstīja|parašė|rašė|نوشت|napisao je|เขียน|wrote the following|napisana przez|napisane przez|missatge de`)

/** The same in scripts that do not part words. */
export const WROTE_ENDINGS = split(
  'تمت كتابة ما يلي بواسطة|写道|寫道|撰写|撰寫|写到|のメール|は書きました|が書きました|さんは書きました|書き込み|のメッセージ|さんからのメッセージ|님이 작성|작성|님이 씀|썼습니다|كتب|كتبت|كتب/كتبت|כתב|כתבה|כתב/ה|מאת|เขียนว่า',
)

/** What stands between dashes above the original of an answer. */
export const ORIGINAL_MARKERS =
  split(`original message|original mail|original email|original e-mail|original message from|ursprüngliche nachricht|ursprüngliche mail|ursprüngliche e-mail|originalnachricht|original-nachricht|original nachricht
  message d'origine|message original|message d’origine|message initial|mensaje original|messaggio originale|messaggio original|mensagem original|oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|ursprungligt meddelande|originalmeddelande|ursprungligt mail
  oprindelig meddelelse|original meddelelse|oprindelig besked|opprinnelig melding|original melding|alkuperäinen viesti|alkuperäinen sähköposti|oryginalna wiadomość|wiadomość oryginalna|wiadomość pierwotna|původní zpráva|původní e-mail|pôvodná správa|izvorna poruka|originalna poruka|izvirno sporočilo
  исходное сообщение|исходное письмо|оригинальное сообщение|первоначальное сообщение|оригінальне повідомлення|вихідне повідомлення|оригинално съобщение|özgün ileti|orijinal mesaj|orijinal ileti|asıl mesaj|eredeti üzenet|eredeti levél|mesaj original|mesajul original
  αρχικό μήνυμα|αρχικό μηνύματος|原始邮件|原始郵件|原始信件|原邮件|原始邮件信息|邮件原件|郵件原件|元のメッセージ|オリジナルメッセージ|元のメール|원본 메시지|원본 메일|원래 메시지|original 메시지|الرسالة الأصلية|הודעה מקורית|ההודעה המקורית|thư gốc|tin nhắn gốc|pesan asli|ข้อความต้นฉบับ|algne kiri|algsõnum|sākotnējā ziņa|pradinis laiškas|missatge original|reply message|antwort nachricht|replied message|回复的原邮件|回复邮件|original appointment|previous replies|previous messages|previous conversation|previous comments|earlier messages|frühere nachrichten|vorherige nachrichten|messages précédents|ursprünglicher termin`)

/** The line that ticket systems ask to answer above. */
export const ABOVE_THIS_LINE =
  /(?:(?:reply|respond|answer|write|type).{0,40} above th(?:is|e) (?:dashed |dotted )?line|(?:antwort|schreiben).{0,40} (?:über|oberhalb) dieser (?:zeile|linie)|(?:répon|écri).{0,60}(?:au-dessus|en haut) de cette ligne|(?:escriba|responda|respond).{0,60} (?:encima|arriba) de esta línea|(?:scriv|rispond).{0,60} sopra (?:a )?questa (?:riga|linea)|(?:respond|escrev|digit).{0,60} acima d(?:e|a|esta) ?(?:sta )?linha|(?:antwoord|typ|reageer).{0,60} boven deze (?:regel|lijn)|(?:odpowied|odpisz).{0,60} powyżej tej linii|(?:ответ|пишите).{0,60} выше этой (?:строки|линии))/iu

/** What stands above a forwarded mail. */
export const FORWARD_MARKERS =
  split(`forwarded message|forwarded mail|forwarded email|forwarded e-mail|forwarded letter|forwarded by|begin forwarded message|begin forwarded email|start of forwarded message|weitergeleitete nachricht|weitergeleitete mail|weitergeleitete e-mail|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|beginn der weitergeleiteten nachricht|weitergeleitet von|weitergeleitet durch
  message transféré|message transmis|message réexpédié|courriel transféré|début du message transféré|début du message réexpédié|transféré par|transmis par|mensaje reenviado|inicio del mensaje reenviado|comienzo del mensaje reenviado|reenviado por|messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|inoltrato da|mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada|inicio da mensagem reencaminhada|encaminhado por|reencaminhado por
  doorgestuurd bericht|doorgestuurde bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|doorgestuurde e-mail|doorgezonden bericht|doorgestuurd door|vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|vidarebefordrat e-postmeddelande|vidare befordrat mejl|påbörjat vidarebefordrat meddelande|börja vidarebefordrat meddelande|start på vidarebefordrat meddelande|vidarebefordrat av
  videresendt meddelelse|videresendt besked|videresendt mail|start på videresendt besked|start på videresendt meddelelse|videresendt af|videresendt melding|videresendt e-post|videresendt epost|start på videresendt melding|videresendt av|välitetty viesti|edelleenlähetetty viesti|edelleen lähetetty viesti|välitetty viesti alkaa|välitetyn viestin alku|alkaa välitetty viesti|edelleenlähettänyt
  przekazana wiadomość|wiadomość przekazana|treść przekazanej wiadomości|początek przekazywanej wiadomości|początek przekazanej wiadomości|wiadomość przesłana dalej|przesłana wiadomość|przesyłana wiadomość|przekazane przez|přeposlaná zpráva|předaná zpráva|přeposlaný e-mail|začátek přeposílané zprávy|začátek přeposlané zprávy|přeposláno|preposlaná správa|začiatok preposlanej správy|posredovana sporočila|posredovano sporočilo|proslijeđena poruka|prosleđena poruka|započni proslijeđenu poruku|začni posredovano sporočilo|započnite proslijeđenu poruku
  пересланное сообщение|пересылаемое сообщение|перенаправленное сообщение|начало переадресованного сообщения|начало пересылаемого сообщения|переадресованное сообщение|пересланное письмо|пересылаемое письмо|переслане повідомлення|переслано повідомлення|початок листа, що пересилається|початок переадресованого повідомлення|переадресоване повідомлення|препратено съобщение|препратено писмо|начало на препратеното съобщение
  iletilmiş mesaj|iletilen mesaj|i̇letilmiş mesaj|i̇letilen mesaj|yönlendirilmiş ileti|yönlendirilen ileti|iletilmiş ileti|iletilen ileti|başlangıç iletilen ileti|iletilen e-posta|ileti başlangıcı|iletinin başlangıcı|yönlendirilen mesaj|yönlendirilmiş mesaj|továbbított üzenet|továbbított levél|továbbított e-mail|továbbított levél kezdete|a továbbított levél kezdete|a továbbított üzenet kezdete|mesaj redirecționat|mesaj redirectionat|mesaj retransmis|mesaj înaintat|început mesaj redirecționat|începe mesajul redirecționat|începutul mesajului redirecționat|inceput mesaj redirectionat|προωθημένο μήνυμα|προωθούμενο μήνυμα|έναρξη προωθημένου μηνύματος|αρχή προωθημένου μηνύματος
  转发邮件信息|转发邮件|轉寄郵件|转发的邮件|轉寄的郵件|轉寄信件|轉寄訊息|已轉寄郵件|已转发邮件|轉寄的訊息|下面是被转发的邮件|以下是转发的邮件|开始转发的邮件|開始轉寄郵件|轉寄郵件開始|转发的信息|已轉寄訊息|转发信息|转发消息|転送メッセージ|転送されたメッセージ|転送メール|メッセージを転送|転送されたメール|転送元メッセージ|전달된 메시지|전달한 메시지|전달된 메일|전달된 전자 메일|전달된 이메일|메시지 전달|전달받은 메시지 시작
  الرسالة المعاد توجيهها|رسالة معاد توجيهها|رسالة محولة|بدء الرسالة المعاد توجيهها|رسالة مُعاد توجيهها|بداية الرسالة المعاد توجيهها|הודעה שהועברה|הודעה מועברת|תחילת ההודעה שהועברה|thư được chuyển tiếp|tin nhắn được chuyển tiếp|tin nhắn đã chuyển tiếp|bắt đầu thư được chuyển tiếp|thư đã chuyển tiếp|pesan terusan|pesan diteruskan|pesan yang diteruskan|mulai pesan yang diteruskan|ข้อความที่ส่งต่อ|edastatud kiri|edastatud sõnum|edasisaadetud kiri|pārsūtīta ziņa|pārsūtītā ziņa|persiųstas laiškas|persiųsta žinutė|missatge reenviat|missatge reexpedit|inici del missatge reenviat|áframsent skeyti|پیام هدایت شده|پیام بازارسالی|препратена порака`)

/** What all words for a forwarded mail begin with: enough for a line between dashes above a header block. */
export const FORWARD_STEM =
  /forward|weitergeleit|transf[ée]r|transmis|réexpéd|reenvi|inoltr|encaminh|doorgest|doorgez|vidarebef|videresend|välitet|edelleen|przekaz|przesł|přepos|předan|prepos|posredov|proslij|prosleđ|перес|перена|переад|препрат|iletil|yönlendir|tovább|redirec|înaint|retransm|προωθ|edasta|pārsūt|persiųs|reexpedit|chuyển tiếp|terus|ส่งต่อ|转发|轉寄|轉發|転送|전달|توجيه|محول|שהועבר|מועבר/iu

/** Prefixes of the subject of a forwarded mail. `vs` is also a Finnish answer: see `forwards.ts`. */
export const FORWARD_PREFIXES = split(
  'fwd|fw|forward|wg|wtr|tr|rv|rtr|i|inoltra|inoltro|enc|res enc|doorst|dst|vb|vs|vl|pd|pd wg|pdł|ptr|předáno|předat|fs|továbbítás|továbbítva|İlt|İLT|ilt|ιλτ|пересл|переслано|отправлено|прд|trs|πρθ|πρώθ|轉寄|转发|轉發|转寄|転送|전달|הועבר|إعادة توجيه|تمرير|chuyển tiếp|teruskan|ส่งต่อ|edasi|reenv|renv|rif|proslijeđeno|prosleđeno|posredovano|redirecționat|videresendt|videresend|vidarebefordrat|redir.|redir|prosl|препращане|fyi fw',
)

/** Prefixes of the subject of an answer. */
export const REPLY_PREFIXES = split(
  're|aw|antw|antwort|antwoord|sv|svar|vs|vá|odp|ynt|yan|res|resp|rép|rif|r|ref|atb|απ|σχετ|回复|回覆|答复|返信|답장|회신|رد|השב|תשובה|ts|trả lời|bls|balas|отв|ответ|відп|отг|hv|ad',
)
