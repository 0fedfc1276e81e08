"""What checks, findings and gaps are called, in Vietnamese and in English."""

from collections.abc import Mapping
from typing import Final

from app.audit.verifying.findings import Check, Gap, Kind

Text = tuple[str, str]
"""Vietnamese, English."""

CHECK_TEXTS: Final[Mapping[Check, Text]] = {
    Check.FILES: ("Tệp của bản trích xuất khớp với bảng kê", "Files of the export as its manifest says"),
    Check.CHECKPOINT: ("Chữ ký của nhật ký trên các điểm kiểm tra", "Log's signature on checkpoints"),
    Check.TREE: ("Vị trí (lá) trong cây, tính lại gốc", "Leaves of the tree, root computed again"),
    Check.SINCE: ("Điểm kiểm tra cũ mà cây phải tiếp nối", "Older checkpoints that the tree must continue"),
    Check.WITNESSES: ("Nhân chứng độc lập đồng ký", "Independent witnesses' cosignatures"),
    Check.AGE: ("Giới hạn tuổi đặt cho điểm kiểm tra", "Limits of age set for the checkpoint"),
    Check.BYTES: ("Nguyên văn bản ghi khớp với mã băm", "Records' exact bytes against their hashes"),
    Check.CHAINS: ("Bản ghi nối tiếp trong chuỗi của máy ghi", "Records linked in their writers' chains"),
    Check.SIGNATURES: ("Chữ ký lô của máy ghi", "Writers' batch signatures"),
    Check.COLUMNS: ("Cột tra cứu khớp với nguyên văn", "Columns against the records' words"),
    Check.SUBJECTS: ("Công dân được mã hóa mở đúng khóa", "Sealed persons open with the committed keys"),
    Check.TAGS: ("Thẻ tìm kiếm theo công dân", "Search tags of persons"),
    Check.LOOKUPS: ("Lượt tra cứu có đúng một kết quả", "Lookups with one outcome each"),
    Check.OUTSIDE: ("Bản ghi ngoài điểm kiểm tra", "Records under no checkpoint"),
    Check.RETENTION: (
        "Bản ghi không còn, chỉ còn mã băm trong cây",
        "Records that are gone, only their hashes are left",
    ),
    Check.DROPS: (
        "Lệnh hủy tháng có người khác phê duyệt trước đó",
        "Orders to end months, approved by another person before",
    ),
    Check.PROOFS: (
        "Bằng chứng bản ghi nằm trong cây của điểm kiểm tra",
        "Proofs that a record is in the checkpoint's tree",
    ),
    Check.ROWS: ("Dòng trong danh sách khớp với bản ghi", "Rows of the list against their records"),
}

KIND_TEXTS: Final[Mapping[Kind, Text]] = {
    Kind.FILE_CHANGED: ("tệp đã bị sửa sau khi trích xuất", "a file was changed after the export"),
    Kind.CHECKPOINT_UNSIGNED: (
        "điểm kiểm tra không có chữ ký hợp lệ của nhật ký",
        "a checkpoint without a valid signature of the log",
    ),
    Kind.CHECKPOINT_OTHER_LOG: (
        "điểm kiểm tra của nhật ký khác với nhật ký của khóa đã cho (--log-key)",
        "a checkpoint of another log than the one whose key was given (--log-key)",
    ),
    Kind.CHECKPOINT_MISSING: (
        "không điểm kiểm tra hợp lệ nào ký cho cây này: khóa đã cho là của nhật ký khác, hoặc điểm kiểm tra đã mất",
        "no valid checkpoint is of this tree: the key given is another log's, or the checkpoint is gone",
    ),
    Kind.LEAF_MISSING: ("thiếu vị trí trong cây", "leaves of the tree are missing"),
    Kind.ROOT_DIFFERS: (
        "gốc của cây không phải gốc đã ký: có bản ghi bị sửa, xóa, chèn hoặc đổi chỗ",
        "the tree's root is not the one signed: records were changed, removed, inserted or moved",
    ),
    Kind.NOT_A_CONTINUATION: (
        "cây không tiếp nối điểm kiểm tra cũ: quá khứ đã bị viết lại",
        "the tree does not continue an older checkpoint: the past was rewritten",
    ),
    Kind.SHORTER_THAN_BEFORE: (
        "cây ngắn hơn điểm kiểm tra cũ: phần cuối đã mất (hoặc bản trích xuất có trước điểm đó)",
        "the tree is shorter than an older checkpoint: its end is gone (or the export is from before it)",
    ),
    Kind.QUORUM_MISSED: (
        "không điểm kiểm tra nào có đủ nhân chứng đồng ký",
        "no checkpoint was cosigned by enough witnesses",
    ),
    Kind.CHECKPOINT_OLD: (
        "lúc kiểm tra, điểm kiểm tra đã cũ hơn giới hạn (--max-age)",
        "at the time of this check the checkpoint was older than the limit (--max-age)",
    ),
    Kind.BYTES_DIFFER: (
        "nguyên văn bản ghi không khớp mã băm: bản ghi đã bị sửa",
        "a record's bytes have not its hash: the record was changed",
    ),
    Kind.BYTES_UNREADABLE: ("nguyên văn không phải một bản ghi", "the bytes are no record"),
    Kind.FOREIGN_RECORD: ("bản ghi của nơi khác hoặc phiên bản khác", "a record of another place or version"),
    Kind.CHAIN_LINK: (
        "bản ghi không nối với bản ghi trước: bản ghi trước đã bị thay",
        "a record does not follow the one before it: that one was replaced",
    ),
    Kind.CHAIN_START: ("chuỗi bắt đầu hoặc đánh số sai", "a chain begins or is numbered wrongly"),
    Kind.CHAIN_GAP: ("thiếu bản ghi giữa chuỗi: đã bị xóa", "records are missing inside a chain: removed"),
    Kind.CHAIN_FORK: ("hai bản ghi cùng một số thứ tự", "two records with one sequence number"),
    Kind.CHAIN_LATE: (
        "bản ghi vào cây sau các bản ghi kế tiếp của nó",
        "a record entered the tree after those that follow it",
    ),
    Kind.CHAIN_AFTER_END: ("bản ghi sau khi chuỗi đã đóng", "a record after its chain was closed"),
    Kind.CHAIN_SHORTER_THAN_NAMED: (
        "chuỗi ngắn hơn số mà chuỗi kế tiếp xác nhận: phần cuối đã bị xóa",
        "a chain is shorter than its successor says: its end was removed",
    ),
    Kind.CHAIN_LONGER_THAN_NAMED: (
        "chuỗi dài hơn số mà chuỗi kế tiếp xác nhận: bản ghi bị thêm vào",
        "a chain is longer than its successor says: records were added",
    ),
    Kind.CHAIN_KEY_UNNAMED: (
        "bản ghi dùng khóa tháng mà chuỗi chưa mở",
        "a record under a month's key that its chain did not open",
    ),
    Kind.SIGNATURE_MISSING: (
        "bản ghi không có chữ ký lô: không do máy ghi hợp lệ tạo ra",
        "a record under no batch signature: made by no writer known to hold the key",
    ),
    Kind.SIGNATURE_INVALID: ("chữ ký lô không hợp lệ", "a batch signature is not valid"),
    Kind.SIGNATURE_HEAD: (
        "bản ghi cuối lô không phải bản ghi đã ký",
        "a batch's last record is not the one that was signed",
    ),
    Kind.SIGNATURE_TWICE: ("hai chữ ký lô cho cùng bản ghi", "two batch signatures over the same records"),
    Kind.SIGNED_RECORDS_MISSING: (
        "có chữ ký lô nhưng thiếu bản ghi: bản ghi đã bị xóa",
        "a batch signature without its records: they were removed",
    ),
    Kind.WRITER_KEY_UNKNOWN: (
        "chữ ký bằng khóa không ai giới thiệu",
        "signatures by a key that nobody introduced",
    ),
    Kind.WRITER_KEY_RETIRED: (
        "chữ ký bằng khóa đã thay từ hơn một giờ trước",
        "signatures by a key retired more than an hour before",
    ),
    Kind.COLUMNS_DIFFER: (
        "cột tra cứu khác nguyên văn: tìm kiếm sẽ sai",
        "columns differ from the record: searches would be wrong",
    ),
    Kind.SUBJECT_BROKEN: (
        "dữ liệu công dân không mở được bằng khóa đã cam kết",
        "the sealed person does not open with the committed key",
    ),
    Kind.TAG_MISSING: (
        "thiếu thẻ tìm kiếm: lượt tra cứu bị giấu khỏi tìm kiếm",
        "a search tag is missing: the lookup is hidden from searches",
    ),
    Kind.TAG_WRONG: ("thẻ tìm kiếm không đúng công dân", "a search tag is not that person's"),
    Kind.TAG_STRAY: ("thẻ tìm kiếm không có bản ghi", "a search tag without a record that has one"),
    Kind.INTENT_OPEN: ("lượt tra cứu không có kết quả", "a lookup without an outcome"),
    Kind.OUTCOME_ALONE: ("kết quả không có lượt tra cứu", "an outcome without its lookup"),
    Kind.OUTCOME_TWICE: ("lượt tra cứu có nhiều kết quả", "a lookup with more than one outcome"),
    Kind.ROW_OUTSIDE: (
        "bản ghi hơn một phút mà không thuộc điểm kiểm tra nào",
        "a record older than a minute that stands under no checkpoint",
    ),
    Kind.ROW_DROPPED: (
        "bản ghi đã mất mà không có bản ghi hủy theo thời hạn",
        "records are gone and no record of retention names their month",
    ),
    Kind.DROP_UNAPPROVED: (
        "lệnh hủy tháng mà trước khi thực hiện không có đủ yêu cầu và phê duyệt được ghi",
        "an order to end months with no request, or no approval, on record before it was carried out",
    ),
    Kind.DROP_SELF_APPROVED: (
        "lệnh hủy tháng do chính người yêu cầu phê duyệt, hoặc không do người nào đã đăng nhập",
        "an order to end months approved by who asked for it, or by nobody who had signed in",
    ),
    Kind.DROP_DIFFERS: (
        "lệnh hủy tháng nói khác với điều đã yêu cầu và phê duyệt",
        "an order to end months says other than what was asked for and approved",
    ),
    Kind.DROP_EARLY: (
        "lệnh hủy tháng khi chưa hết thời hạn lưu trữ",
        "an order to end months before they had been kept for their time",
    ),
    Kind.DROP_UNORDERED: (
        "khóa tháng đã hủy mà trước đó không có lệnh hủy nêu tháng ấy",
        "a month's keys were destroyed with no order before it that names the month",
    ),
    Kind.NOT_IN_TREE: (
        "bản ghi không nằm trong cây của điểm kiểm tra: đã bị sửa, hoặc bằng chứng bị thay",
        "a record is not in the checkpoint's tree: it was changed, or its proof was",
    ),
    Kind.LIST_DIFFERS: (
        "danh sách nói khác với bản ghi: có dòng bị sửa, xóa, thêm hoặc đổi chỗ",
        "the list says other than the records: rows were changed, removed, added or moved",
    ),
    Kind.MANIFEST_DIFFERS: (
        "bảng kê không phải bảng kê đã ghi trong nhật ký (--manifest-digest): gói đã bị làm lại",
        "the manifest is not the one on record (--manifest-digest): the package was made anew",
    ),
    Kind.CHAIN_UNENDED: (
        "chuỗi không đóng và không được chuỗi nào kế tiếp: máy dừng đột ngột, hoặc phần cuối bị bỏ trước khi vào cây",
        "a chain neither closed nor succeeded: a crash, or a tail dropped before it was taken in",
    ),
    Kind.DOUBTFUL_RECORDS: (
        "bản ghi mà máy ghi không chắc đã lưu, nay có ở đây",
        "records whose commit was in doubt, and that are there",
    ),
    Kind.ROW_FRESH: ("bản ghi mới, chưa kịp vào điểm kiểm tra", "fresh records, not under a checkpoint yet"),
    Kind.WRITER_KEY_UNPINNED: (
        "khóa máy ghi lấy từ chính bản trích xuất; hãy đối chiếu với khóa nhận riêng (--writer-key)",
        "a writer's key was taken from the export itself; compare it with one given to you (--writer-key)",
    ),
    Kind.WRITER_KEY_LATE: (
        "bản ghi ký bằng khóa đã thay vào cây hơn một giờ sau khi thay khóa; giờ ghi trong đó có thể không thật",
        "records under a retired key entered the tree more than an hour after; the times they say may be false",
    ),
    Kind.NOT_WITNESSED_YET: (
        "số bản ghi cuối chưa có nhân chứng đồng ký",
        "newest records that no quorum of witnesses has cosigned yet",
    ),
}

GAP_TEXTS: Final[Mapping[Gap, Text]] = {
    Gap.NO_OLD_CHECKPOINT: (
        "Không có điểm kiểm tra cũ (--since): không biết lịch sử có bị viết lại cả cây và ký lại hay không.",
        "No older checkpoint (--since): a history rewritten as a whole and signed again would not be seen.",
    ),
    Gap.OLD_CHECKPOINT_ELSEWHERE: (
        "Điểm kiểm tra cũ nằm ngoài phần được trích xuất.",
        "An older checkpoint is outside of the part that was exported.",
    ),
    Gap.FORMER_LOG: (
        "Có điểm kiểm tra của nhật ký trước đó, nhưng không có khóa của nhật ký ấy (--log-key, cho nhiều lần được).",
        "Checkpoints of the log before this one, without that log's key (--log-key, may be given several times).",
    ),
    Gap.NO_WITNESSES: (
        "Không kiểm tra nhân chứng (--policy, --witness): chỉ dựa vào khóa của nhật ký.",
        "No witnesses (--policy, --witness): what holds rests on the log's own key alone.",
    ),
    Gap.NO_MAX_AGE: (
        "Không giới hạn tuổi (--max-age): phần cuối nhật ký có thể đã bị bỏ.",
        "No limit of age (--max-age): the newest part of the log may have been left out.",
    ),
    Gap.NO_ROOT_KEY: (
        "Không có khóa gốc kiểm toán (--audit-root-key-file): chưa mở dữ liệu công dân, chưa tính lại thẻ tìm kiếm.",
        "No auditing root key (--audit-root-key-file): persons were not opened, search tags not computed again.",
    ),
    Gap.NO_KEYS_IN_EXPORT: (
        "Bản trích xuất không kèm khóa (--with-keys): chưa mở dữ liệu công dân, chưa tính lại thẻ tìm kiếm.",
        "The export holds no keys (--with-keys): persons were not opened, search tags not computed again.",
    ),
    Gap.MONTH_KEY_GONE: (
        "Bản ghi của tháng đã hủy khóa: không ai mở được dữ liệu công dân nữa.",
        "Records of months whose keys are gone: nobody can open their persons any more.",
    ),
    Gap.DATA_KEY_ELSEWHERE: (
        "Bản ghi có khóa máy ghi nằm ngoài phần được trích xuất.",
        "Records whose writer's key stands outside of the part that was exported.",
    ),
    Gap.RECORDS_DROPPED: (
        "Bản ghi không còn, chỉ còn mã băm trong cây: không biết nội dung.",
        "Records that are gone, only their hashes are in the tree: what they said is not known.",
    ),
    Gap.APPROVAL_ELSEWHERE: (
        "Lệnh hủy tháng có yêu cầu, phê duyệt (hoặc chính lệnh ấy) nằm ngoài phần được trích xuất hoặc đã hủy cùng tháng của nó: không kiểm tra được có hai người hay không.",
        "Months ended whose request, approval or order stands outside of the part exported, or is gone with its own month: that two persons ended them was not checked.",
    ),
    Gap.PART_OF_THE_LOG: (
        "Chỉ là một phần của nhật ký: không kiểm tra được bản ghi ngoài cây, đầu và cuối chuỗi, mọi kết quả.",
        "Only a part of the log: rows outside the tree, ends of chains and some outcomes were not checked.",
    ),
    Gap.BATCH_NUMBER_ONLY: (
        "Bản ghi ở giữa lô: chữ ký lô chỉ xác nhận số thứ tự, vì bản ghi sau nó là của người khác và không có ở đây; nội dung do cây chứng minh.",
        "Records inside a batch: its signature vouches for their number only, for the records behind them are other people's and not here; the tree proves what they say.",
    ),
    Gap.NO_MANIFEST_DIGEST: (
        "Không đối chiếu bảng kê với bản ghi audit.search_export_ended trong nhật ký (--manifest-digest): không biết gói có bị làm lại với ít dòng hơn hay không.",
        "The manifest was not compared with the log's record audit.search_export_ended (--manifest-digest): a package made anew with fewer rows would not be seen.",
    ),
}

LIMIT_TEXTS: Final[tuple[Text, ...]] = (
    (
        "Lượt tra cứu không hề được ghi, hoặc không đi qua cổng: đối chiếu với nhật ký của phía quốc gia.",
        "A lookup that was never recorded, or went past the gateway: compare with the national side's own log.",
    ),
    (
        "Các bản ghi cuối của một máy ghi đã dừng, bị xóa cùng chữ ký của chúng trước khi vào cây.",
        "Last records of a writer that ended, removed with their signature before they entered the tree.",
    ),
    (
        "Bản ghi sai sự thật do người chiếm được máy chủ cổng và khóa của máy ghi tạo ra.",
        "Untrue records made by somebody who had taken over a gateway's machine and its writer's key.",
    ),
)
"""What stands in every report, whatever was found."""
