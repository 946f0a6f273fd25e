/** What a telephone or program adds below a text: "Sent from my iPhone". Beginnings, in lower case. */
const SENT_FROM = `sent (?:from|via|with|using|by)|from my|get (?:outlook|bluemail|typeapp|spark) for|yahoo mail: search, organi[sz]e, conquer|get \\[outlook|download outlook|gesendet (?:von|mit|über|aus|vom)|diese nachricht wurde (?:von|mit)|diese e-mail wurde von meinem|von meinem|holen sie sich outlook|hol dir outlook|laden sie outlook|outlook (?:for|für|pour|para|per|voor|för|til|dla|pro|для) 
  envoyé (?:depuis|de |à partir|via|avec|par|d')|télécharger outlook|obtenez outlook|obtenir outlook|enviado (?:desde|con|vía|via|do|da|de|a partir|pelo|através)|obtener outlook|descargar outlook|obter o outlook|baixar o outlook|inviato (?:da|dal|con|tramite|dall)|scarica outlook|ottieni outlook
  verzonden (?:vanaf|met|via|van|vanuit)|verstuurd (?:vanaf|met|via|van|vanuit)|outlook voor|download outlook|skickat från|skickades från|skickat med|hämta outlook|sendt fra|sendt med|sendt via|hent outlook|skaff deg outlook|få outlook
  lähetetty |hanki outlook|wysłane? z|wysłano z|pobierz (?:program |aplikację )?outlook|odesláno z|získejte outlook|odoslané z|poslano (?:z|s)|poslato sa|отправлено (?:с|из|со)|скачать outlook|надіслано (?:з|із)|изпратено от|elküldve|küldve[ :]|trimis (?:de pe|din|de la)|descărcați outlook
  στάλθηκε από|εστάλη από|αποστολή από|enviat des|saadetud |nosūtīts no|išsiųsta iš|đã gửi từ|được gửi từ|gửi từ|dikirim dari|ส่งจาก|发自|從我的|从我的|来自我的|來自我的|发送自|傳送自|獲取 outlook|获取 outlook|下载 outlook|אני שולח|נשלח מ|הורד את outlook|أرسلت من|مرسل من|مُرسل من|تم الإرسال من|ارسال شده از`
/** Endings, for languages that say it the other way round. */
const SENT_FROM_ENDS = `から送信|より送信|를 통해 보냄|에서 보냄|에서 전송|에서 발송|发送|傳送|发出|gesendet\\.?|gönderildi\\.?|küldve\\.?|sent\\.?|を入手|indirin`

const words = (written: string) => written.split(/\|(?![^(]*\))|\n\s*/).join('|')
const BEGINS = new RegExp(`^[<(\\[*_\\s]{0,4}(?:${words(SENT_FROM)})`, 'iu')
const ENDS = new RegExp(`^.{0,60}(?:${SENT_FROM_ENDS})$`, 'iu')
/** What makes a line a device's: without a name of one, "Sent from my desk" may be somebody's words. */
const DEVICE =
  /iphon|ipad|ipod|imac|macbook|apple|ios|android|mobil|handy|phone|portable|tablet|galaxy|samsung|blackberry|nokia|lumia|htc|huawei|honor|xiaomi|redmi|oneplus|oppo|vivo|pixel|motorola|sony|xperia|lg|wiko|alcatel|windows|outlook|mail|gmail|yahoo|proton|aqua|spark|airmail|mailbox|thunderbird|typeapp|bluemail|telefon|téléphone|telefono|teléfono|celular|cellulare|smartphone|device|gerät|dispositiv|apparaat|toestel|cell|app|verizon|vodafone|t-mobile|orange|web\.|gmx|zoho|front|missive|superhuman|hey|tutanota|canary|myMail|邮箱|手机|手機|メール|휴대|телефон|смартфон|устройств|пошт|почт/i
const EXCUSE =
  /[,.;:!–-]\s{0,3}(?:so |and )?(?:please|pls|excuse|sorry|forgive|apolog|pardon|typos|brevity|bitte|entschuld|merci|désol|disculp|perdon|scus).{0,120}$/i
/** What has a comma all the same. */
const ADVERTISED =
  /^[<([*_\s]{0,4}(?:sent from my (?:verizon|at&t|sprint|t-mobile|u\.s\. cellular), |yahoo mail: search, )/i
const LINK = /\]?\(?<?(?:https?|mailto):[^\s>)]*[>)]?/gi
const CHARACTERS_MAX = 180

/** Whether what a device or a program adds stands in that line. */
export function isDeviceSignature(line: string): boolean {
  if (line.length > CHARACTERS_MAX) return false
  const said = (line.includes(':') ? line.replace(LINK, '') : line).replace(EXCUSE, '')
  // most lines are sentences
  if (/[,?;]/.test(said) && !ADVERTISED.test(said)) return false
  const bare = said.replace(/[\s>)\]*_]{1,20}$/, '').replace(/^[\s<(*_]{1,20}/, '')
  if (bare.length > 80 || /[.!]\s/.test(bare)) return false
  if (ENDS.test(bare) && DEVICE.test(bare)) return true
  const begin = BEGINS.exec(bare)
  if (begin === null) return false
  const rest = bare.slice(begin[0].length).trim()
  return rest.split(/\s+/).length <= 8 && (DEVICE.test(bare) || /^(?:my|a|the)\s[A-Z0-9][\w-]*(?:\s\S+)?$/.test(rest))
}

/** RFC 3676 §4.3: what follows `-- ` is the signature; many drop the space. */
export const isSignatureMark = (line: string): boolean => /^--[\s\u00a0]*$/.test(line)

/** "-Ada", as the last thing said. */
export const isSignOff = (line: string): boolean =>
  line.length < 60 && /^[-–—/~]\p{Lu}[\p{L}.'’-]*(?:\s[\p{L}.'’-]+){0,3}$/u.test(line.trim())

/** A line that only parts what is above from what is below. */
export const isRule = (line: string): boolean => line.length < 200 && /^[\s>]*[-_=*#~+─—ᐧ]*[\s\u00a0]*$/u.test(line)
