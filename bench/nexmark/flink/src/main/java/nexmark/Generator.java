package nexmark;

import java.io.Serializable;

/** The twin of ../../../../generator/generator.ts: same events, same checksum. */
public class Generator {
    private static final int GOLDEN = 0x9e3779b9;
    private static final int POOL_SIZE = 8192;
    private static final String[] FIRST_NAMES = {"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
    private static final String[] LAST_NAMES = {"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
    private static final String[] CITIES = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"};
    private static final String[] STATES = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    private static final String[] HOT_CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};
    private static final String POOL;
    private static final String[] CHANNELS = new String[10004], URLS = new String[10004];

    static {
        StringBuilder pool = new StringBuilder();
        for (int i = 0; i < POOL_SIZE + 512; i++) {
            int k = (mix(i + 0x51ed27) >>> 1) % 28;
            pool.append(k < 26 ? (char) (97 + k) : ' ');
        }
        POOL = pool.toString();
        for (int i = 0; i < 10004; i++) {
            int x = (i << 4) + 0x2545f491;
            boolean hot = i >= 10000;
            CHANNELS[i] = hot ? HOT_CHANNELS[i - 10000] : "channel-" + i;
            URLS[i] = "https://www.nexmark.com/" + letters(x, 5) + "/" + letters(x + 5, 5) + "/" + letters(x + 10, 5) + "/item.htm?query=1"
                    + (!hot && i % 10 != 0 ? "&channel_id=" + (mix(x + 15) >>> 1) : "");
        }
    }

    public static class Options implements Serializable {
        public int seed = 1;
        public long events = Long.MAX_VALUE;
        public int eventRate = 10000;
        public long firstTs = 1436918395000L;
        public int shuffle = 1;
        public boolean extras = true;
        public int hotAuctionRatio = 2, hotSellerRatio = 4, hotBidderRatio = 4, inFlightAuctions = 100, activePeople = 1000;
    }

    private final Options o;
    private final int base, bits, auctionSpan;
    private final long lastWholeBlock;

    public Generator(Options options) {
        o = options;
        base = mix(o.seed ^ 0x5bf03635);
        bits = 31 - Integer.numberOfLeadingZeros(o.shuffle);
        lastWholeBlock = o.events == Long.MAX_VALUE ? Long.MAX_VALUE : o.events - o.events % o.shuffle;
        auctionSpan = o.inFlightAuctions * 50 / 3;
    }

    public static int mix(int x) {
        x ^= x >>> 16;
        x *= 0x7feb352d;
        x ^= x >>> 15;
        x *= 0x846ca68b;
        return x ^ (x >>> 16);
    }

    private static int high(int r, int bound) { return ((r >>> 16) * bound) >>> 16; }

    private static int low(int r, int bound) { return ((r & 0xffff) * bound) >>> 16; }

    private static String letters(int x, int n) {
        char[] s = new char[n];
        for (int i = 0; i < n; i++) s[i] = (char) (97 + (mix(x + i) >>> 1) % 26);
        return new String(s);
    }

    private static String slice(int r, int length) {
        int at = r >>> 8 & (POOL_SIZE - 1);
        return POOL.substring(at, at + length);
    }

    private static int price(int r, int s) {
        int step = 100 << (r >>> 16) % 20;
        return step + (s >>> 1) % step;
    }

    public long timestamp(long n) { return o.firstTs + n * 1000 / o.eventRate; }

    public int numberAt(long i) {
        int k = o.shuffle;
        if (k == 1 || i >= lastWholeBlock) return (int) i;
        int mask = k - 1, block = (int) i & ~mask, r = mix(base + block ^ 0x3c6ef372);
        int j = (int) i & mask;
        j = (j ^ (r & mask)) * ((r >>> 8) | 1) & mask;
        j ^= j >>> ((bits + 1) >> 1);
        j = j * ((r >>> 4) | 1) + (r >>> 12) & mask;
        return block + j;
    }

    public Event event(int n) {
        int epoch = n / 50, slot = n - epoch * 50;
        int state = base + n * (4 * GOLDEN);
        int r0 = mix(state), r1 = mix(state + GOLDEN), r2 = mix(state + 2 * GOLDEN), r3 = mix(state + 3 * GOLDEN);
        Event e = new Event();
        e.dateTime = timestamp(n);
        if (slot > 3) {
            e.kind = Event.BID;
            e.bid = bid(r0, r1, r2, r3, epoch * 3 + 2, epoch, e.dateTime);
        } else if (slot > 0) {
            e.kind = Event.AUCTION;
            e.auction = auction(n, r0, r1, r2, r3, epoch * 3 + slot - 1, epoch, e.dateTime);
        } else {
            e.kind = Event.PERSON;
            e.person = person(r0, r1, r2, r3, epoch, e.dateTime);
        }
        return e;
    }

    private int anyPerson(int x16, int lastPerson) {
        int people = lastPerson + 1, active = Math.min(people, o.activePeople);
        return people - active + ((x16 * (active + 10)) >>> 16);
    }

    private Bid bid(int r0, int r1, int r2, int r3, int lastAuction, int lastPerson, long dateTime) {
        Bid b = new Bid();
        int auction, bidder;
        if (((r0 & 0xff) * o.hotAuctionRatio) >>> 8 > 0) auction = lastAuction - lastAuction % 100;
        else {
            int oldest = Math.max(lastAuction - o.inFlightAuctions, 0);
            auction = oldest + high(r1, lastAuction - oldest + 11);
        }
        if (((r0 >>> 8 & 0xff) * o.hotBidderRatio) >>> 8 > 0) bidder = lastPerson - lastPerson % 100 + 1;
        else bidder = anyPerson(r1 & 0xffff, lastPerson);
        int channel = (r3 & 1) != 0 ? 10000 + (r3 >>> 1 & 3) : high(r3, 10000);
        b.auction = 1000 + auction;
        b.bidder = 1000 + bidder;
        b.price = price(r0, r2);
        b.channel = CHANNELS[channel];
        b.url = URLS[channel];
        b.dateTime = dateTime;
        b.extra = o.extras ? slice(r2 ^ r3, 54 + ((r3 >>> 3 & 0xff) * 29 >>> 8)) : "";
        return b;
    }

    private Auction auction(int n, int r0, int r1, int r2, int r3, int id, int lastPerson, long dateTime) {
        Auction a = new Auction();
        int seller = ((r0 & 0xff) * o.hotSellerRatio) >>> 8 > 0 ? lastPerson - lastPerson % 100 : anyPerson(r1 & 0xffff, lastPerson);
        int span = (int) (timestamp(n + (long) auctionSpan) - dateTime) * 2;
        int x = mix(r3 ^ 0x1b873593);
        a.id = 1000 + id;
        a.itemName = slice(r1, 12 + high(r2, 9));
        a.description = slice(r2, 60 + low(r1, 41));
        a.initialBid = price(r0, r2);
        a.reserve = a.initialBid + price(r1, r3);
        a.dateTime = dateTime;
        a.expires = dateTime + 1 + (r3 >>> 1) % Math.max(span, 1);
        a.seller = 1000 + seller;
        a.category = 10 + high(r1, 5);
        a.extra = o.extras ? slice(x, 285 + high(x, 143)) : "";
        return a;
    }

    private Person person(int r0, int r1, int r2, int r3, int id, long dateTime) {
        Person p = new Person();
        p.id = 1000 + id;
        p.name = FIRST_NAMES[high(r0, 11)] + " " + LAST_NAMES[low(r0, 9)];
        p.emailAddress = letters(r1, 7) + "@" + letters(r2, 5) + ".com";
        p.creditCard = (1000 + high(r2, 9000)) + " " + (1000 + low(r2, 9000)) + " " + (1000 + high(r3, 9000)) + " " + (1000 + low(r3, 9000));
        p.city = CITIES[high(r1, 10)];
        p.state = STATES[low(r1, 6)];
        p.dateTime = dateTime;
        p.extra = o.extras ? slice(r0 ^ r3, 107 + low(r3, 55)) : "";
        return p;
    }

    // The order-sensitive checksum of generator/checksum.ts.
    private static int word(int h, int w) { return (h ^ w) * 0x01000193; }

    private static int lng(int h, long v) { return word(word(h, (int) v), (int) (v >>> 32)); }

    private static int text(int h, String s) {
        for (int i = 0; i < s.length(); i++) h = (h ^ s.charAt(i)) * 0x01000193;
        return word(h, s.length());
    }

    public static int checksum(int h, Event e) {
        h = word(h, e.kind);
        if (e.kind == Event.BID) {
            Bid b = e.bid;
            return text(lng(text(text(lng(lng(lng(h, b.auction), b.bidder), b.price), b.channel), b.url), b.dateTime), b.extra);
        }
        if (e.kind == Event.AUCTION) {
            Auction a = e.auction;
            h = lng(lng(text(text(lng(h, a.id), a.itemName), a.description), a.initialBid), a.reserve);
            return text(lng(lng(lng(lng(h, a.dateTime), a.expires), a.seller), a.category), a.extra);
        }
        Person p = e.person;
        return text(lng(text(text(text(text(text(lng(h, p.id), p.name), p.emailAddress), p.creditCard), p.city), p.state), p.dateTime), p.extra);
    }
}
