"""The text that stands in the package of an exported search: what it holds and how it is checked."""

from typing import Final

_TEXT: Final = """\
KẾT QUẢ TRÍCH XUẤT NHẬT KÝ TRA CỨU CƯ TRÚ, KÈM CHỨNG CỨ
(English below)

Số vụ việc: {case_number}
Tính đến: {as_of} (các lượt tra cứu muộn hơn không có ở đây)
Mã bản ghi của lần trích xuất này trong nhật ký: {export_id}

Trong gói có gì
  {list_name} danh sách các lượt tra cứu, mới nhất trước; số định danh công dân đã che bớt
  records.jsonl     nguyên văn từng bản ghi, chữ ký lô của máy ghi, bằng chứng nằm trong cây
  checkpoint.txt    điểm kiểm tra mà mọi bằng chứng dẫn tới, có chữ ký của nhật ký và nhân chứng
  writer_keys.jsonl khóa công khai của các máy ghi
  manifest.json     bảng kê: SHA-256, số byte và số dòng của từng tệp, tiêu chí, người trích xuất
Tệp lớn được chia thành danh-sach-2…, records-2…

Cách kiểm tra (không cần mạng; khóa của nhật ký phải nhận bằng đường khác, không lấy từ gói này)
  dancu audit verify --dir GÓI.zip --log-key KHÓA --manifest-digest SHA256
  hoặc: python3 dancu_verify.py --dir GÓI.zip --log-key KHÓA --manifest-digest SHA256
SHA256 là mã băm của manifest.json mà nhật ký giữ trong bản ghi audit.search_export_ended của lần này
(part_of = mã ở trên): hỏi người vận hành cổng, hoặc xem trong bản `dancu audit export`.
Mã thoát: 0 nguyên vẹn, 1 có sai lệch, 2 chưa kiểm tra được.

Danh sách được mở để xem; sửa hay lưu lại bằng Excel thì tệp khác đi và lần kiểm tra sẽ báo.
Bản ghi có "in_tree": false là bản ghi chưa vào cây khi trích xuất. Chữ ký lô chứng minh trọn vẹn bản ghi
cuối lô và các bản ghi nối với nó trong gói này; với bản ghi khác, chữ ký xác nhận số thứ tự, còn cây chứng
minh nội dung. Tên đăng nhập và số định danh che bớt do cổng ghi khi trích xuất, không có trong nguyên văn
bản ghi: chỉ bảng kê (--manifest-digest) bảo đảm cho chúng.
Gói này chứa dữ liệu cá nhân về hoạt động của cán bộ: bảo quản như hồ sơ vụ việc.

----------------------------------------------------------------------------------------------------

AN EXPORTED SEARCH OF RESIDENCE LOOKUPS, WITH EVIDENCE

Case: {case_number}
As of: {as_of} (later lookups are not here)
Id of this export's record in the log: {export_id}

What is in it
  {list_name} the lookups, newest first; citizens' numbers are masked
  records.jsonl     each record's exact bytes, the writer's batch signature, proof of its place in the tree
  checkpoint.txt    what all proofs lead to, signed by the log and its witnesses
  writer_keys.jsonl public keys of the writers
  manifest.json     SHA-256, bytes and rows of each file, the criteria, who exported
Large files go on in danh-sach-2…, records-2…

How to check it (offline; get the log's key by another road, never from this package)
  dancu audit verify --dir PACKAGE.zip --log-key VKEY --manifest-digest SHA256
  or: python3 dancu_verify.py --dir PACKAGE.zip --log-key VKEY --manifest-digest SHA256
SHA256 is that of manifest.json as the log keeps it in this export's record audit.search_export_ended
(part_of = the id above): ask who runs the gateway, or look into a `dancu audit export`.
Exit codes: 0 intact, 1 something differs, 2 could not check.

The list is for reading; saved again by Excel it is another file, and the check says so.
Records with "in_tree": false had not entered the tree yet. A batch signature proves the last record of its
batch and those that link to it within this package; of others it vouches for the number, and the tree for
the content. Login names and masked numbers were written by the gateway when it exported; no record says them
in clear, and only the manifest (--manifest-digest) vouches for them.
Keep the package as the case's own files: it is about persons.
"""


def readme(*, case_number: str, as_of: str, export_id: str, list_name: str) -> bytes:
    """Return the text as Windows' editor shows it, too: UTF-8 with mark, lines ended by CR LF."""
    text = _TEXT.format(
        case_number=case_number, as_of=as_of, export_id=export_id, list_name=f"{list_name:<17}"
    )
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
