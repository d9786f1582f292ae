//! The menu. Whoever reaches the keyboard is trusted as far as the lock of the room;
//! what it does to people's accounts is journalled and shown to them.

use std::io::Write;
use std::path::Path;

use super::Door;
use super::banner;
use super::screen::Screen;
use crate::error::Error;
use crate::helper::{Ask, Client, Reply, UsbDisk};
use crate::network::{Fixed, Settings};

/// The items.
const ITEMS: [(&str, &str); 9] = [
    ("Địa chỉ mạng", "network address"),
    ("Đặt lại mật khẩu quản trị", "reset an administrator's password"),
    ("Cài vào ổ đĩa trong máy", "install on the internal disk"),
    ("Cập nhật từ USB", "update from USB"),
    ("Quay về bản trước", "go back to the previous version"),
    ("Khôi phục từ bản sao lưu", "restore a backup"),
    ("Xoá hết, làm lại từ đầu", "factory reset"),
    ("Khởi động lại hoặc tắt máy", "restart or switch off"),
    ("Mã QR; ghi nhật ký ra ổ TRAM", "QR code; write the log to drive TRAM"),
];

/// Shows it.
pub(super) fn show<W: Write>(screen: &mut Screen<W>) -> Result<(), Error> {
    for (number, (vi, en)) in ITEMS.iter().enumerate() {
        screen.line(&format!("  {}  {vi} / {en}", number + 1))?;
    }
    screen.say("Gõ số rồi bấm Enter.", "Type a number, then Enter.")?;
    screen.raw("> ")
}

/// Does what was chosen.
pub(super) fn run<W: Write>(
    screen: &mut Screen<W>,
    client: &Client,
    door: &dyn Door,
    choice: &str,
) -> Result<(), Error> {
    match choice {
        "1" => address(screen, client),
        "2" => password(screen, door),
        "3" => install(screen, client),
        "4" => update(screen, client),
        "5" => go_back(screen, client),
        "6" => restore(screen, client, door),
        "7" => reset(screen, client),
        "8" => restart(screen, client),
        "9" => help(screen, client),
        _ => Ok(()),
    }
}

fn yes<W: Write>(screen: &mut Screen<W>, vi: &str, en: &str) -> Result<bool, Error> {
    let answer = screen.ask(
        &format!("{vi} Gõ “co” để làm, Enter để thôi."),
        &format!("{en} Type “co” (yes) to do it, Enter to leave it."),
    )?;
    Ok(matches!(answer.to_lowercase().as_str(), "co" | "có" | "yes"))
}

fn address<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let status = client.status()?;
    for card in &status.interfaces {
        let addresses: Vec<String> = card.addresses.iter().map(ToString::to_string).collect();
        screen.line(&format!("  {} · MAC {} · {}", card.name, card.mac, addresses.join(", ")))?;
    }
    let own = screen.ask(
        "Gõ địa chỉ cố định, như 192.168.1.10/24; gõ “dhcp” để lấy tự động; Enter để giữ nguyên.",
        "Type a fixed address, as 192.168.1.10/24; “dhcp” for an automatic one; Enter to keep it.",
    )?;
    let proxy = status.network.proxy;
    let settings = match own.to_lowercase().as_str() {
        "" => return Ok(()),
        "dhcp" => Settings { fixed: None, proxy },
        _ => {
            let gateway = screen.ask("Bộ định tuyến (gateway)?", "Router (gateway)?")?;
            let text = format!("address = {own}\ngateway = {gateway}\n");
            let fixed: Option<Fixed> = Settings::read(&text)?.fixed;
            Settings { fixed, proxy }
        }
    };
    client.quick(&Ask::SetNetwork { settings })?;
    screen.say("Đã đổi. Địa chỉ mới hiện ra sau vài giây.", "Changed. The new address shows in a few seconds.")?;
    screen.pause()
}

/// Chooses from a list; none when nothing was chosen.
fn choose<'a, T, W: Write>(
    screen: &mut Screen<W>,
    items: &'a [T],
    shown: impl Fn(&T) -> String,
) -> Result<Option<&'a T>, Error> {
    for (number, item) in items.iter().enumerate() {
        screen.line(&format!("  {}  {}", number + 1, shown(item)))?;
    }
    let typed = screen.ask("Chọn số nào? (Enter để thôi)", "Which number? (Enter to leave it)")?;
    Ok(typed.parse::<usize>().ok().and_then(|number| items.get(number.checked_sub(1)?)))
}

fn password<W: Write>(screen: &mut Screen<W>, door: &dyn Door) -> Result<(), Error> {
    let administrators = door.administrators()?;
    if administrators.is_empty() {
        screen.say(
            "Chưa có quản trị viên nào: hãy mở trang đầu tiên và nhập mã cài đặt.",
            "There is no administrator yet: open the first page and enter the set-up code.",
        )?;
        return screen.pause();
    }
    let Some((_, person)) = choose(screen, &administrators, |(name, _)| name.clone())? else { return Ok(()) };
    let password = door.reset_password(person)?;
    screen.line("")?;
    screen.line(&format!("  {password}"))?;
    screen.line("")?;
    screen.say(
        "Đó là mật khẩu tạm. Khi đăng nhập, máy sẽ đòi đổi. Việc đặt lại được ghi vào nhật ký.",
        "That is a password for once. It must be changed at sign-in. The reset is in the journal.",
    )?;
    screen.pause()
}

fn gb(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

fn install<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let Reply::Disks { disks } = client.quick(&Ask::Disks)? else { return Ok(()) };
    if disks.is_empty() {
        screen.say("Không thấy ổ đĩa nào khác trong máy.", "There is no other disk in this machine.")?;
        return screen.pause();
    }
    for disk in &disks {
        let usb = if disk.usb { " · USB" } else { "" };
        screen.line(&format!("  {:<8} {} · {}{usb}", disk.name, gb(disk.size), disk.model))?;
        if let Some(reason) = &disk.why_not {
            screen.both(reason)?;
        }
    }
    let typed = screen.ask(
        "MỌI THỨ trên ổ được chọn sẽ mất. Gõ tên ổ (cột đầu) để cài, Enter để thôi.",
        "EVERYTHING on the chosen disk is lost. Type its name (first column), Enter to leave it.",
    )?;
    if typed.is_empty() {
        return Ok(());
    }
    work(screen, client, &Ask::Install { disk: typed.clone(), typed })?;
    screen.say(
        "Đã cài xong. Dữ liệu trên USB không được chép theo. Rút USB ra rồi bấm Enter để khởi động lại.",
        "Installed. The data of the stick is not copied. Take the stick out, then press Enter to restart.",
    )?;
    screen.ask("", "")?;
    client.quick(&Ask::Restart).map(|_| ())
}

/// Asks for something that takes long, and shows how far it is.
fn work<W: Write>(screen: &mut Screen<W>, client: &Client, ask: &Ask) -> Result<Reply, Error> {
    let mut last = (String::new(), u64::MAX);
    client.ask(ask, &mut |step, done, total| {
        let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(0);
        let now = (step.get("vi").to_owned(), tenth);
        if now != last {
            // A terminal that went away does not stop what was begun.
            let _ = screen.line(&format!("  {} / {} … {}%", step.get("vi"), step.get("en"), tenth * 10));
            last = now;
        }
    })
}

/// Chooses a USB disk and mounts it.
fn usb<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<Option<UsbDisk>, Error> {
    let Reply::Usb { disks } = client.quick(&Ask::Usb)? else { return Ok(None) };
    if disks.is_empty() {
        screen.say("Chưa thấy USB nào. Hãy cắm vào rồi chọn lại.", "No USB disk. Put one in and choose again.")?;
        screen.pause()?;
        return Ok(None);
    }
    let shown = |disk: &UsbDisk| format!("{} · {} · {}", disk.name, disk.label, gb(disk.size));
    let Some(disk) = choose(screen, &disks, shown)? else { return Ok(None) };
    client.quick(&Ask::MountUsb { name: disk.name.clone(), writable: false })?;
    let Reply::Usb { disks } = client.quick(&Ask::Usb)? else { return Ok(None) };
    Ok(disks.into_iter().find(|mounted| mounted.name == disk.name))
}

fn update<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let Some(disk) = usb(screen, client)? else { return Ok(()) };
    let done = update_from(screen, client, &disk);
    client.quick(&Ask::UnmountUsb { name: disk.name })?;
    done
}

fn update_from<W: Write>(screen: &mut Screen<W>, client: &Client, disk: &UsbDisk) -> Result<(), Error> {
    if disk.updates.is_empty() {
        screen.say("USB này không có tệp .tram-update nào.", "This USB disk has no file .tram-update.")?;
        return screen.pause();
    }
    let name = |path: &std::path::PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(path) = choose(screen, &disk.updates, name)? else { return Ok(()) };
    let Reply::Update { manifest } = work(screen, client, &Ask::WriteUpdate { path: path.clone() })? else {
        return Ok(());
    };
    let version = manifest.version;
    let now = yes(
        screen,
        &format!("Bản {version} đã ghi sẵn. Khởi động lại để dùng thử ngay?"),
        &format!("{version} is written. Restart now to try it?"),
    )?;
    if now {
        client.quick(&Ask::ArmUpdate { restart_at: Some(0) }).map(|_| ())
    } else {
        client.quick(&Ask::DropUpdate).map(|_| ())
    }
}

fn go_back<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let Some(previous) = client.status()?.previous else {
        screen.say("Không có bản trước để quay về.", "There is no version to go back to.")?;
        return screen.pause();
    };
    let sure = yes(
        screen,
        &format!("Quay về bản {previous} và khởi động lại? Dữ liệu được giữ nguyên."),
        &format!("Go back to {previous} and restart? Data stays."),
    )?;
    if sure { client.quick(&Ask::GoBack).map(|_| ()) } else { Ok(()) }
}

fn restore<W: Write>(screen: &mut Screen<W>, client: &Client, door: &dyn Door) -> Result<(), Error> {
    let Some(disk) = usb(screen, client)? else { return Ok(()) };
    let Some(at) = disk.mounted.clone() else { return Ok(()) };
    let done = restore_from(screen, door, &at);
    client.quick(&Ask::UnmountUsb { name: disk.name })?;
    done
}

fn restore_from<W: Write>(screen: &mut Screen<W>, door: &dyn Door, at: &Path) -> Result<(), Error> {
    let key = screen.ask(
        "Khoá trên tờ giấy in (các từ cách nhau dấu cách)?",
        "The key of the printed sheet (words with spaces)?",
    )?;
    if key.is_empty() {
        return Ok(());
    }
    let sure =
        yes(screen, "Khôi phục sẽ thay toàn bộ dữ liệu đang có.", "Restoring replaces all the data that is here.")?;
    if !sure {
        return Ok(());
    }
    screen.say("Đang khôi phục…", "Restoring…")?;
    let told = door.restore(at, &key)?;
    screen.line(&told)?;
    screen.pause()
}

fn reset<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let typed = screen.ask(
        "MỌI DỮ LIỆU của trạm sẽ bị xoá, không lấy lại được. Gõ XOA để xoá, Enter để thôi.",
        "ALL DATA of the station is erased for good. Type XOA to erase, Enter to leave it.",
    )?;
    if typed.is_empty() {
        return Ok(());
    }
    client.quick(&Ask::FactoryReset { typed })?;
    screen.say("Máy đang khởi động lại.", "Restarting.")?;
    screen.pause()
}

fn restart<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let typed =
        screen.ask("1: khởi động lại, 2: tắt máy, Enter: thôi", "1: restart, 2: switch off, Enter: leave it")?;
    match typed.as_str() {
        "1" => client.quick(&Ask::Restart).map(|_| ()),
        "2" => client.quick(&Ask::PowerOff).map(|_| ()),
        _ => Ok(()),
    }
}

fn help<W: Write>(screen: &mut Screen<W>, client: &Client) -> Result<(), Error> {
    let status = client.status()?;
    let address = status.interfaces.iter().flat_map(|card| &card.addresses).find(|address| address.is_ipv4());
    if let Some(address) = address {
        banner::show_code(screen, *address)?;
    }
    client.quick(&Ask::WriteLog)?;
    screen.say("Nhật ký đã ghi vào NHAT-KY-LOG.txt trên ổ TRAM.", "The log is in NHAT-KY-LOG.txt on drive TRAM.")?;
    screen.pause()
}
